package supervise

// depth is about what a command needs of its stack on the way down to the parsers and the network, in bytes.
const depth = 12 << 10

// stretch makes the stack of a fresh goroutine depth bytes deep at once. A stack doubles by being copied, frame by frame,
// each of which is looked up in the program's tables; while it holds none that is cheap.
//
//go:noinline
func stretch() byte {
	var room [depth]byte
	return lowest(&room)
}

//go:noinline
func lowest(room *[depth]byte) byte { return room[0] }
