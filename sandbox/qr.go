package sandbox

import "rsc.io/qr"

// qrPicture is the PNG that an authenticator app takes a picture of.
func qrPicture(text string) ([]byte, error) {
	code, err := qr.Encode(text, qr.L)
	if err != nil {
		return nil, err
	}
	return code.PNG(), nil
}
