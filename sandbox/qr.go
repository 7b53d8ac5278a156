package sandbox

import "github.com/latchkey-aws/latchkey/internal/qr"

// qrPicture is the PNG that an authenticator app takes a picture of.
func qrPicture(text string) ([]byte, error) {
	code, err := qr.Encode(text)
	if err != nil {
		return nil, err
	}
	return code.PNG(), nil
}
