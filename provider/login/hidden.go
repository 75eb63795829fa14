package login

import (
	"context"
	"io"
)

// The keys of a terminal in raw mode that are not text.
const (
	keyCtrlC  = 0x03
	keyCtrlD  = 0x04
	keyCtrlH  = 0x08
	keyCtrlU  = 0x15
	keyCtrlW  = 0x17
	keyDelete = 0x7f
)

// ReadHidden reads one line from a terminal that the caller has put into raw
// mode, so that nothing of it is shown: backspace takes back a byte, Ctrl-U
// and Ctrl-W everything. Ctrl-C is an error of class interrupt, since raw mode
// makes no signal of it; Ctrl-D on an empty line is io.EOF. It ends with ctx,
// whose reason it returns; the read is left behind then.
func ReadHidden(ctx context.Context, in io.Reader) (string, error) {
	return await(ctx, func() (string, error) {
		var line []byte
		buf := make([]byte, 256)
		for {
			n, err := in.Read(buf)
			for _, key := range buf[:n] {
				var done bool
				if line, done, err = press(line, key, err); done {
					return string(line), err
				}
			}
			if err != nil || len(line) > maxKey {
				return string(line), err
			}
		}
	})
}

// press is what one key does to the line. err is what the read said beside it.
func press(line []byte, key byte, err error) (_ []byte, done bool, _ error) {
	switch key {
	case '\r', '\n':
		return line, true, nil
	case keyCtrlC:
		return nil, true, failf("interrupt", "stopped by Ctrl-C")
	case keyCtrlD:
		if len(line) == 0 {
			return nil, true, io.EOF
		}
		return line, false, err
	case keyCtrlH, keyDelete:
		return line[:max(len(line)-1, 0)], false, err
	case keyCtrlU, keyCtrlW:
		return line[:0], false, err
	}
	return append(line, key), false, err
}
