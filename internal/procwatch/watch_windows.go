package procwatch

import (
	"time"

	"golang.org/x/sys/windows"
)

func (w *Watch) begin() error {
	handle, err := windows.OpenProcess(windows.SYNCHRONIZE, false, uint32(w.pid))
	if err != nil {
		return ErrEnded
	}
	w.fd = int(handle)
	return nil
}

// ended waits for the end of the process until timeout.
func (w *Watch) ended(timeout time.Duration) bool {
	event, err := windows.WaitForSingleObject(windows.Handle(w.fd), uint32(timeout.Milliseconds()))
	return err == nil && event == windows.WAIT_OBJECT_0
}

// Close ends the watch.
func (w *Watch) Close() {
	if w.fd >= 0 {
		_ = windows.CloseHandle(windows.Handle(w.fd))
	}
}
