package qr_test

import (
	"bytes"
	"image/png"
	"strings"
	"testing"

	"github.com/latchkey-aws/latchkey/internal/qr"
)

// TestTerminal reads the drawing back.
func TestTerminal(t *testing.T) {
	t.Parallel()
	c, err := qr.Encode("otpauth://totp/AWS:alice@111122223333?secret=" + strings.Repeat("JBSWY3DPEHPK3PXP", 4) + "&issuer=AWS")
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSuffix(c.Terminal(), "\n"), "\n")
	if len(lines) != c.Lines() || c.Lines() > 24 || c.Columns() > 60 {
		t.Errorf("%d lines, said to be %d of %d columns", len(lines), c.Lines(), c.Columns())
	}
	edge := (c.Columns() - c.Size()) / 2
	for i, line := range lines {
		line, coloured := strings.CutPrefix(line, "\x1b[38;5;16;48;5;231m")
		line, ended := strings.CutSuffix(line, "\x1b[0m")
		cells := []rune(line)
		if !coloured || !ended || len(cells) != c.Columns() {
			t.Fatalf("line %d: %q", i, line)
		}
		for x, cell := range cells {
			top, below := c.Dark(x-edge, 2*i-edge), c.Dark(x-edge, 2*i+1-edge)
			if (cell == '█' || cell == '▀') != top || (cell == '█' || cell == '▄') != below {
				t.Fatalf("line %d column %d: %q", i, x, cell)
			}
		}
	}
}

// TestPNG reads the picture back with the standard library.
func TestPNG(t *testing.T) {
	t.Parallel()
	for _, n := range []int{1, 120, 858} {
		c, err := qr.Encode(strings.Repeat("x", n))
		if err != nil {
			t.Fatal(err)
		}
		picture, err := png.Decode(bytes.NewReader(c.PNG()))
		if err != nil {
			t.Fatal(err)
		}
		const scale = 8
		if side := picture.Bounds().Dx(); side != (c.Size()+8)*scale || side != picture.Bounds().Dy() {
			t.Fatalf("%d pixels a side", side)
		}
		for y := range picture.Bounds().Dy() {
			for x := range picture.Bounds().Dx() {
				if r, _, _, _ := picture.At(x, y).RGBA(); (r == 0) != c.Dark(x/scale-4, y/scale-4) {
					t.Fatalf("pixel %d,%d is %d", x, y, r)
				}
			}
		}
	}
}

// TestTooLong: what fits into no code is an error.
func TestTooLong(t *testing.T) {
	t.Parallel()
	if _, err := qr.Encode(strings.Repeat("x", 2954)); err == nil {
		t.Error("2,954 bytes have a code")
	}
	if _, err := qr.Encode(strings.Repeat("x", 2953)); err != nil {
		t.Error(err)
	}
}
