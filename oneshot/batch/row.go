package batch

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"hermes/oneshot/class"
	"hermes/oneshot/input"
)

// rowHint is the advice for a row that cannot be read.
const rowHint = "a row is a JSON string, or an object with prompt and, where wanted, id, system, model, max_tokens, temperature"

// keys are the names that a row may hold. Every other name is an error of its row: what is dropped in silence would be
// missing from a request that is paid for.
func keys() []string { return []string{"id", "prompt", "system", "model", "max_tokens", "temperature"} }

// parse reads a row. With an error the request still has its id, where one could be read.
func parse(line []byte) (request, error) {
	var req request
	if err := checkText(line); err != nil {
		return req, err
	}
	if line[0] == '"' {
		err := json.Unmarshal(line, &req.Prompt)
		return req, errors.Join(said(err), req.check())
	}
	var all map[string]json.RawMessage
	if err := json.Unmarshal(line, &all); err != nil {
		return req, said(err)
	}
	req.ID = all["id"]
	if unknown := unknownKeys(all); len(unknown) > 0 {
		return req, fmt.Errorf("hermes batch does not know the key %s", strings.Join(unknown, ", "))
	}
	if err := json.Unmarshal(line, &req); err != nil {
		return req, said(err)
	}
	return req, req.check()
}

func unknownKeys(row map[string]json.RawMessage) []string {
	var all []string
	for _, name := range slices.Sorted(maps.Keys(row)) {
		if !slices.Contains(keys(), name) {
			all = append(all, strconv.Quote(name))
		}
	}
	return all
}

// refused is the error of a row that is not asked.
func refused(line int, err error) error {
	c := class.InvalidInput
	if errors.Is(err, errNoPrompt) {
		c = class.NoInput
	}
	return &input.Error{ErrClass: c, Msg: fmt.Sprintf("line %d: %v", line, err), Advice: rowHint}
}

// errNoPrompt is a row without a question.
var errNoPrompt = errors.New("the row has no prompt")

// check refuses a row that no request can be made of.
func (req request) check() error {
	switch {
	case req.Prompt == "":
		return errNoPrompt
	case req.MaxTokens != nil && *req.MaxTokens < 1:
		return fmt.Errorf("max_tokens %d: an answer has at least one token", *req.MaxTokens)
	}
	return nil
}

// said puts the decoder's error into words that name the key and not our type.
func said(err error) error {
	wrong, ok := errors.AsType[*json.UnmarshalTypeError](err)
	switch {
	case !ok:
		return err
	case wrong.Field == "":
		return fmt.Errorf("a row is an object or a string, and this is a JSON %s", wrong.Value)
	}
	return fmt.Errorf("the key %q holds a JSON %s", wrong.Field, wrong.Value)
}

// checkText refuses what a JSON decoder would replace in silence by U+FFFD: bytes that are not UTF-8, and half of a
// surrogate pair.
func checkText(line []byte) error {
	for i := 0; i < len(line); {
		r, size := utf8.DecodeRune(line[i:])
		if r == utf8.RuneError && size == 1 {
			return fmt.Errorf("the row is not UTF-8 text: bad byte at offset %d", i)
		}
		if r != '\\' {
			i += size
			continue
		}
		n, ok := escapeLen(line[i:])
		if !ok {
			return fmt.Errorf("the row holds half of a surrogate pair at offset %d, which is no character", i)
		}
		i += n
	}
	return nil
}

// escapeLen is the length of the escape with which p begins, and false for half of a surrogate pair. What is no escape at
// all is the decoder's to refuse.
func escapeLen(p []byte) (int, bool) {
	high, ok := unit(p)
	switch {
	case !ok:
		return min(2, len(p)), true
	case high < 0xD800 || high > 0xDFFF:
		return 6, true
	}
	low, ok := unit(p[6:])
	return 12, ok && high < 0xDC00 && low >= 0xDC00 && low <= 0xDFFF
}

// unit reads \uXXXX.
func unit(p []byte) (uint64, bool) {
	if len(p) < 6 || p[0] != '\\' || p[1] != 'u' {
		return 0, false
	}
	n, err := strconv.ParseUint(string(p[2:6]), 16, 16)
	return n, err == nil
}
