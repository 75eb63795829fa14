package authfile

import (
	"io/fs"
	"os"
)

const (
	nonBlock  = 0
	lockFlags = os.O_CREATE | os.O_RDWR
)

func steady() (undo func()) { return func() {} }

func foreign(fs.FileInfo) (int, bool) { return 0, false }

func links(fs.FileInfo) int { return 1 }
