package qr

// draw places the codewords, with the mask that leaves the fewest patterns which
// confuse readers.
func draw(version int, codewords []byte) *Code {
	size := 4*version + 17
	c := &Code{Size: size, dark: make([]bool, size*size), fixed: make([]bool, size*size)}
	c.patterns(version)
	c.place(codewords)
	best, least := 0, -1
	for mask := range 8 {
		c.format(mask)
		c.mask(mask)
		if p := c.penalty(); least < 0 || p < least {
			best, least = mask, p
		}
		c.mask(mask) // off again
	}
	c.format(best)
	c.mask(best)
	return c
}

func (c *Code) set(x, y int, dark bool) {
	c.dark[y*c.Size+x], c.fixed[y*c.Size+x] = dark, true
}

// patterns draws what each code of a version has.
func (c *Code) patterns(version int) {
	last := c.Size - 1
	for i := range c.Size {
		c.set(6, i, i%2 == 0)
		c.set(i, 6, i%2 == 0)
	}
	for _, at := range [][2]int{{3, 3}, {last - 3, 3}, {3, last - 3}} {
		for y := -4; y <= 4; y++ {
			for x := -4; x <= 4; x++ {
				if px, py := at[0]+x, at[1]+y; px >= 0 && py >= 0 && px <= last && py <= last {
					d := max(x, -x, y, -y)
					c.set(px, py, d != 2 && d != 4)
				}
			}
		}
	}
	marks := alignment(version)
	for i, x := range marks {
		for j, y := range marks {
			if i == 0 && j == 0 || i == 0 && j == len(marks)-1 || i == len(marks)-1 && j == 0 {
				continue // the finders are there
			}
			for k := range 25 {
				dx, dy := k%5-2, k/5-2
				c.set(x+dx, y+dy, max(dx, -dx, dy, -dy) != 1)
			}
		}
	}
	c.format(0) // keeps its place free
	if version < 7 {
		return
	}
	rest := version
	for range 12 {
		rest = rest<<1 ^ rest>>11*0x1f25
	}
	for i, value := 0, version<<12|rest; i < 18; i++ {
		dark := value>>i&1 == 1
		c.set(c.Size-11+i%3, i/3, dark)
		c.set(i/3, c.Size-11+i%3, dark)
	}
}

// alignment is where the middles of the small marks are, in both directions.
func alignment(version int) []int {
	if version == 1 {
		return nil
	}
	count := version/7 + 2
	step := (version*8 + count*3 + 5) / (count*4 - 4) * 2
	out := make([]int, count)
	out[0] = 6
	for i, at := count-1, 4*version+10; i > 0; i, at = i-1, at-step {
		out[i] = at
	}
	return out
}

// format says in two places which mask there is, and that the level is L.
func (c *Code) format(mask int) {
	const levelL = 1
	data := levelL<<3 | mask
	rest := data
	for range 10 {
		rest = rest<<1 ^ rest>>9*0x537
	}
	value := (data<<10 | rest) ^ 0x5412
	for i := range 15 {
		dark := value>>i&1 == 1
		switch { // around the upper left finder
		case i < 6:
			c.set(8, i, dark)
		case i < 8:
			c.set(8, i+1, dark)
		case i == 8:
			c.set(7, 8, dark)
		default:
			c.set(14-i, 8, dark)
		}
		if i < 8 {
			c.set(c.Size-1-i, 8, dark)
		} else {
			c.set(8, c.Size-15+i, dark)
		}
	}
	c.set(8, c.Size-8, true)
}

// place puts the bits into the free modules: two columns at a time from the right,
// up and down in turn.
func (c *Code) place(codewords []byte) {
	i := 0
	for right := c.Size - 1; right >= 1; right -= 2 {
		if right == 6 {
			right = 5
		}
		for step := range c.Size {
			y := step
			if (right+1)&2 == 0 {
				y = c.Size - 1 - step
			}
			for x := right; x >= right-1; x-- {
				if !c.fixed[y*c.Size+x] && i < 8*len(codewords) {
					c.dark[y*c.Size+x] = codewords[i/8]>>(7-i%8)&1 == 1
					i++
				}
			}
		}
	}
}

// mask turns the modules of data over that one of the eight masks names.
func (c *Code) mask(mask int) {
	for y := range c.Size {
		for x := range c.Size {
			var n int
			switch mask {
			case 0:
				n = (x + y) % 2
			case 1:
				n = y % 2
			case 2:
				n = x % 3
			case 3:
				n = (x + y) % 3
			case 4:
				n = (x/3 + y/2) % 2
			case 5:
				n = x*y%2 + x*y%3
			case 6:
				n = (x*y%2 + x*y%3) % 2
			case 7:
				n = ((x+y)%2 + x*y%3) % 2
			}
			if at := y*c.Size + x; n == 0 && !c.fixed[at] {
				c.dark[at] = !c.dark[at]
			}
		}
	}
}

// penalty counts what is hard to read: long runs, squares, what looks like a
// finder, and more of one colour than of the other.
func (c *Code) penalty() int {
	total, dark := 0, 0
	for y := range c.Size {
		across, down := run{}, run{}
		for x := range c.Size {
			across.add(c.Dark(x, y), &total)
			down.add(c.Dark(y, x), &total)
			if c.Dark(x, y) {
				dark++
			}
			if at := c.Dark(x, y); x > 0 && y > 0 && at == c.Dark(x-1, y) && at == c.Dark(x, y-1) && at == c.Dark(x-1, y-1) {
				total += 3
			}
		}
	}
	share := dark * 20 / (c.Size * c.Size) // in steps of 5 %
	return total + 10*max(share-10, 9-share)
}

// run follows a row or a column.
type run struct {
	dark   bool
	length int
	seen   int // the modules before, one bit each
	count  int
}

func (r *run) add(dark bool, total *int) {
	if dark != r.dark || r.length == 0 {
		r.dark, r.length = dark, 0
	}
	switch r.length++; {
	case r.length == 5:
		*total += 3
	case r.length > 5:
		*total++
	}
	r.seen = r.seen << 1 & 0x7ff
	if dark {
		r.seen |= 1
	}
	// Finders, with four light modules on either side.
	if r.count++; r.count >= 11 && (r.seen == 0b10111010000 || r.seen == 0b00001011101) {
		*total += 40
	}
}
