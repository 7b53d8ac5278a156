package cli

// stackSize is more than any command uses before it has done its work.
const stackSize = 24 << 10

// growStack makes the stack large at once, while there are hardly any frames on
// it. It would grow by doubling otherwise, and each time all frames are walked and
// copied, which touches dozens of pages of the binary that nothing else needs: a
// tenth of the CPU of a whole run (docs/performance.md). Call it with false: only
// the size of the frame matters, and the array in it is not even cleared.
//
//go:noinline
func growStack(use bool) byte {
	if !use {
		return 0
	}
	var room [stackSize]byte
	for i := range room {
		room[i] = byte(i)
	}
	return room[len(room)/2]
}
