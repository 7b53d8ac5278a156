// Package qr shows QR codes of short texts in a terminal, and as a picture file.
// The codes are made by rsc.io/qr, with the level of error correction that is
// meant for screens (L).
package qr

import (
	"fmt"
	"strings"

	"rsc.io/qr"
)

// Code is a code without the light border around it.
type Code struct{ code *qr.Code }

// Encode makes the smallest code of a text, which has 2,953 bytes at most.
func Encode(text string) (*Code, error) {
	code, err := qr.Encode(text, qr.L)
	if err != nil {
		return nil, fmt.Errorf("qr: %w", err)
	}
	return &Code{code}, nil
}

// Dark reports whether the module in column x and row y is dark; what is outside
// of the code is light.
func (c *Code) Dark(x, y int) bool { return c.code.Black(x, y) }

// Size is how many modules a side has.
func (c *Code) Size() int { return c.code.Size }

// PNG returns the code as a picture in black and white, with a border of four
// modules, each of them eight pixels a side.
func (c *Code) PNG() []byte { return c.code.PNG() }

// border is the light edge of a terminal's code, in modules: less than the four of
// the standard, so that a code of a device fits into 24 lines.
const border = 2

// Columns and Lines are what [Code.Terminal] takes.
func (c *Code) Columns() int { return c.Size() + 2*border }

// Lines counts lines of the terminal, each of which shows two rows.
func (c *Code) Lines() int { return (c.Size() + 2*border + 1) / 2 }

// Terminal draws the code with half blocks, dark on light whatever colours the
// terminal has: black and white of the 256 colours, which themes leave alone.
func (c *Code) Terminal() string {
	var b strings.Builder
	for y := -border; y < c.Size()+border; y += 2 {
		b.WriteString("\x1b[38;5;16;48;5;231m")
		for x := -border; x < c.Size()+border; x++ {
			switch top, below := c.Dark(x, y), c.Dark(x, y+1); {
			case top && below:
				b.WriteString("█")
			case top:
				b.WriteString("▀")
			case below:
				b.WriteString("▄")
			default:
				b.WriteByte(' ')
			}
		}
		b.WriteString("\x1b[0m\n")
	}
	return b.String()
}
