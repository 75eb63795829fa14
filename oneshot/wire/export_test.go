package wire

// What the tests outside of the package look at.
const (
	LingerTime   = lingerTime
	MaxHead      = maxHead
	MaxErrorBody = maxErrorBody
	ErrorTime    = errorTime
)
