package pdf

import (
	"encoding/binary"
	"errors"
	"fmt"
)

// A Font is a TrueType font that was read: outlines, widths, and which glyph draws which character. It is safe for
// concurrent use and kept for the life of the program.
type Font struct {
	name            string
	tables          map[string][]byte
	glyphs          map[rune]uint16
	locas           []uint32 // where each glyph's outline begins in glyf; one more than there are glyphs
	wide            int      // how many glyphs have a width of their own in hmtx
	em              int      // units of the font to the size of its letters
	ascent, descent int      // units; descent is negative
}

var errFont = errors.New("pdf: not a TrueType font that can be embedded")

// ParseFont reads a TrueType font with outlines of its own (glyf). name is what the file says the font is called.
func ParseFont(name string, data []byte) (f *Font, err error) {
	defer func() {
		if recover() != nil { // an offset beyond the end
			f, err = nil, fmt.Errorf("%w: %s is cut off", errFont, name)
		}
	}()
	f = &Font{name: name, tables: map[string][]byte{}, glyphs: map[rune]uint16{}}
	for i := range int(u16(data, 4)) {
		at := 12 + 16*i
		from, length := u32(data, at+8), u32(data, at+12)
		f.tables[string(data[at:at+4])] = data[from : from+length]
	}
	for _, needed := range []string{"head", "hhea", "maxp", "hmtx", "loca", "glyf", "cmap"} {
		if f.tables[needed] == nil {
			return nil, fmt.Errorf("%w: %s has no table %s", errFont, name, needed)
		}
	}
	f.em = int(u16(f.tables["head"], 18))
	f.ascent, f.descent = int(i16(f.tables["hhea"], 4)), int(i16(f.tables["hhea"], 6))
	f.wide = int(u16(f.tables["hhea"], 34))
	f.readLocas()
	f.readCharacters()
	return f, nil
}

func (f *Font) readLocas() {
	n, loca := int(u16(f.tables["maxp"], 4)), f.tables["loca"]
	f.locas = make([]uint32, n+1)
	for i := range f.locas {
		if u16(f.tables["head"], 50) == 0 {
			f.locas[i] = 2 * uint32(u16(loca, 2*i))
		} else {
			f.locas[i] = u32(loca, 4*i)
		}
	}
}

// readCharacters reads the two forms of cmap that fonts for Unicode have: 4 for the first plane, 12 for all.
func (f *Font) readCharacters() {
	cmap := f.tables["cmap"]
	for i := range int(u16(cmap, 2)) {
		sub := cmap[u32(cmap, 4+8*i+4):]
		switch u16(sub, 0) {
		case 4:
			f.readPlane(sub)
		case 12:
			f.readPlanes(sub)
		}
	}
}

func (f *Font) readPlane(sub []byte) {
	segments := int(u16(sub, 6)) / 2
	for s := range segments {
		end, start := int(u16(sub, 14+2*s)), int(u16(sub, 16+2*segments+2*s))
		delta, at := u16(sub, 16+4*segments+2*s), 16+6*segments+2*s
		offset := int(u16(sub, at))
		for c := start; c <= end && c != 0xFFFF; c++ {
			g := uint16(c) + delta
			if offset != 0 {
				if g = u16(sub, at+offset+2*(c-start)); g != 0 {
					g += delta
				}
			}
			f.learn(rune(c), g)
		}
	}
}

func (f *Font) readPlanes(sub []byte) {
	for g := range int(u32(sub, 12)) {
		at := 16 + 12*g
		start, end, first := u32(sub, at), u32(sub, at+4), u32(sub, at+8)
		for c := start; c <= end; c++ {
			f.learn(rune(c), uint16(first+c-start))
		}
	}
}

func (f *Font) learn(c rune, glyph uint16) {
	if glyph != 0 && int(glyph) < len(f.locas)-1 {
		f.glyphs[c] = glyph
	}
}

// Has reports whether the font draws a character.
func (f *Font) Has(c rune) bool { return f.glyphs[c] != 0 }

// advance is how far a glyph moves the pen, in units of the font.
func (f *Font) advance(glyph uint16) int {
	return int(u16(f.tables["hmtx"], 4*min(int(glyph), f.wide-1)))
}

// outline is a glyph's drawing; empty for a blank.
func (f *Font) outline(glyph uint16) []byte {
	return f.tables["glyf"][f.locas[glyph]:f.locas[glyph+1]]
}

func u16(b []byte, at int) uint16 { return binary.BigEndian.Uint16(b[at:]) }
func i16(b []byte, at int) int16  { return int16(u16(b, at)) }
func u32(b []byte, at int) uint32 { return binary.BigEndian.Uint32(b[at:]) }
