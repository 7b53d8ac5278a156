package qr_test

import (
	"bytes"
	"errors"
	"image/png"
	"strings"
	"testing"

	"rsc.io/qr/coding"

	"github.com/latchkey-aws/latchkey/internal/qr"
)

// TestPeer compares whole codes with those of another encoder, which is told the
// version and tries all masks.
func TestPeer(t *testing.T) {
	t.Parallel()
	text := "otpauth://totp/AWS:alice@111122223333?secret=" + strings.Repeat("JBSWY3DPEHPK3PXP", 60)
	masks := map[int]int{}
	for n := 0; n <= 858; n++ {
		if n > 300 && n%7 != 0 && n < 840 {
			continue
		}
		c, err := qr.Encode(text[:n])
		if err != nil {
			t.Fatal(err)
		}
		mask := peer(t, c, text[:n])
		if mask < 0 {
			t.Fatalf("%d bytes, %d modules: the other encoder has no such code", n, c.Size)
		}
		masks[mask]++
	}
	if len(masks) != 8 { // the one that suits the text is taken
		t.Errorf("masks %v", masks)
	}
	if _, err := qr.Encode(text[:859]); !errors.Is(err, qr.ErrTooLong) {
		t.Errorf("859 bytes: %v", err)
	}
}

// peer returns the mask with which the other encoder makes the same code, -1 if
// there is none.
func peer(t *testing.T, c *qr.Code, text string) int {
	t.Helper()
	for mask := range coding.Mask(8) {
		plan, err := coding.NewPlan(coding.Version((c.Size-17)/4), coding.L, mask)
		if err != nil {
			t.Fatal(err)
		}
		want, err := plan.Encode(coding.String(text))
		if err != nil {
			t.Fatalf("%d bytes: a smaller code than there is: %v", len(text), err)
		}
		same := want.Size == c.Size
		for i := 0; same && i < c.Size*c.Size; i++ {
			same = want.Black(i%c.Size, i/c.Size) == c.Dark(i%c.Size, i/c.Size)
		}
		if same {
			return int(mask)
		}
	}
	return -1
}

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
	edge := (c.Columns() - c.Size) / 2
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
		const scale = 5
		picture, err := png.Decode(bytes.NewReader(c.PNG(scale)))
		if err != nil {
			t.Fatal(err)
		}
		if side := picture.Bounds().Dx(); side != (c.Size+8)*scale || side != picture.Bounds().Dy() {
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

// FuzzEncode: every text has the code that another encoder would make, or is too
// long.
func FuzzEncode(f *testing.F) {
	f.Add("")
	f.Add("otpauth://totp/x?secret=A")
	f.Add(strings.Repeat("\xff", 200))
	f.Fuzz(func(t *testing.T, text string) {
		c, err := qr.Encode(text)
		if err != nil {
			if len(text) <= 858 {
				t.Errorf("%d bytes: %v", len(text), err)
			}
			return
		}
		if peer(t, c, text) < 0 {
			t.Errorf("%q: the other encoder has no such code", text)
		}
	})
}
