package command

import (
	"errors"
	"fmt"
	"strings"
)

// Split cuts a line into words as a POSIX shell would: blanks part them, '…' and "…" keep them together, \ takes the next
// character as it is. What a shell would act on, unquoted, is an error.
func Split(line string) ([]string, error) {
	s := splitter{rest: line}
	for s.rest != "" {
		if err := s.next(); err != nil {
			return nil, err
		}
	}
	s.end()
	if len(s.words) == 0 || s.words[0] == "" {
		return nil, errors.New("names no command")
	}
	return s.words, nil
}

type splitter struct {
	rest  string
	word  strings.Builder
	begun bool // the word may be empty: ''
	words []string
}

func (s *splitter) end() {
	if s.begun {
		s.words = append(s.words, s.word.String())
	}
	s.word.Reset()
	s.begun = false
}

// next takes what begins the rest.
func (s *splitter) next() error {
	c := s.rest[0]
	s.rest = s.rest[1:]
	switch {
	case c == ' ' || c == '\t' || c == '\n' || c == '\r':
		s.end()
		return nil
	case c == '\'':
		quoted, rest, ok := strings.Cut(s.rest, "'")
		if !ok {
			return errors.New("has a ' without its second")
		}
		s.word.WriteString(quoted)
		s.rest = rest
	case c == '"':
		if err := s.double(); err != nil {
			return err
		}
	case c == '\\':
		if s.rest == "" {
			return errors.New("ends in a \\")
		}
		s.word.WriteByte(s.rest[0])
		s.rest = s.rest[1:]
	case strings.IndexByte("|&;<>()$`*?[", c) >= 0, !s.begun && (c == '~' || c == '#'):
		return fmt.Errorf("is run without a shell, and %q needs one: quote it, or write sh -c '…'", c)
	default:
		s.word.WriteByte(c)
	}
	s.begun = true
	return nil
}

// double takes the rest of "…", where \ quotes only what would mean something there.
func (s *splitter) double() error {
	for i := 0; i < len(s.rest); i++ {
		switch c := s.rest[i]; {
		case c == '"':
			s.rest = s.rest[i+1:]
			return nil
		case c == '$' || c == '`':
			return fmt.Errorf("is run without a shell, and %q needs one: quote it, or write sh -c '…'", c)
		case c == '\\' && i+1 < len(s.rest) && strings.IndexByte("\"\\$`", s.rest[i+1]) >= 0:
			i++
			s.word.WriteByte(s.rest[i])
		default:
			s.word.WriteByte(c)
		}
	}
	return errors.New("has a \" without its second")
}
