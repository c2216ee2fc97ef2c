package pdf

import (
	"encoding/binary"
	"slices"
)

// A subset is the part of a font that a file uses. A character's code is its place here, so that each has its own; 0 is
// what no character uses.
type subset struct {
	font  *Font
	name  int // F0, F1 in the file
	codes map[rune]uint16
	order []rune // by code, from 1
}

// missing is what is drawn for a character that no font has: the mark that Japanese typesetters put in its place.
const missing = '〓'

// code is the character's code in the file, given at its first use.
func (s *subset) code(c rune) uint16 {
	if known, ok := s.codes[c]; ok {
		return known
	}
	s.order = append(s.order, c)
	s.codes[c] = uint16(len(s.order))
	return s.codes[c]
}

// drawn is the glyph that a character is drawn with: none for what only changes the look of the one before it.
func (f *Font) drawn(c rune) uint16 {
	switch {
	case f.Has(c):
		return f.glyphs[c]
	case silent(c):
		return 0
	}
	return f.glyphs[missing]
}

// silent reports whether a character has no width and no drawing: selectors of variants, joiners, marks of direction.
func silent(c rune) bool {
	return c >= 0xFE00 && c <= 0xFE0F || c >= 0xE0100 && c <= 0xE01EF || c >= 0x200B && c <= 0x200F || c == 0xFEFF || c == 0x2060 || c < ' '
}

// width is how far a character moves the pen, in thousandths of the letters' size.
func (f *Font) width(c rune) int {
	if !f.Has(c) && silent(c) {
		return 0
	}
	return (f.advance(f.drawn(c))*1000 + f.em/2) / f.em
}

// file is the subset as a TrueType font: one glyph a code, then the parts that composite glyphs are made of.
func (s *subset) file() []byte {
	outlines, advances := s.outlines()
	var glyf, loca, hmtx []byte
	for i, o := range outlines {
		loca = binary.BigEndian.AppendUint32(loca, uint32(len(glyf)))
		glyf = append(glyf, o...)
		for len(glyf)%4 != 0 {
			glyf = append(glyf, 0)
		}
		hmtx = binary.BigEndian.AppendUint16(hmtx, uint16(advances[i]))
		hmtx = binary.BigEndian.AppendUint16(hmtx, 0)
	}
	loca = binary.BigEndian.AppendUint32(loca, uint32(len(glyf)))
	head, hhea, maxp := slices.Clone(s.font.tables["head"]), slices.Clone(s.font.tables["hhea"]), slices.Clone(s.font.tables["maxp"])
	binary.BigEndian.PutUint32(head[8:], 0)
	binary.BigEndian.PutUint16(head[50:], 1) // loca in four bytes
	binary.BigEndian.PutUint16(hhea[34:], uint16(len(outlines)))
	binary.BigEndian.PutUint16(maxp[4:], uint16(len(outlines)))
	tables := map[string][]byte{"head": head, "hhea": hhea, "maxp": maxp, "hmtx": hmtx, "loca": loca, "glyf": glyf}
	for _, t := range []string{"cvt ", "fpgm", "prep"} {
		if s.font.tables[t] != nil {
			tables[t] = s.font.tables[t]
		}
	}
	return trueType(tables)
}

// outlines are the glyphs of the subset with their widths, parts of composites renumbered and appended.
func (s *subset) outlines() (outlines [][]byte, advances []int) {
	wanted := []uint16{0}
	for _, c := range s.order {
		wanted = append(wanted, s.font.drawn(c))
	}
	parts := map[uint16]uint16{} // a part's glyph in the font → here
	for i := 0; i < len(wanted); i++ {
		o := slices.Clone(s.font.outline(wanted[i]))
		if i > 0 && i <= len(s.order) && s.font.drawn(s.order[i-1]) == 0 {
			o = nil // silent
		}
		components(o, func(at int) {
			part := u16(o, at)
			if _, known := parts[part]; !known {
				parts[part] = uint16(len(wanted))
				wanted = append(wanted, part)
			}
			binary.BigEndian.PutUint16(o[at:], parts[part])
		})
		outlines, advances = append(outlines, o), append(advances, s.font.advance(wanted[i]))
	}
	return outlines, advances
}

// Flags of a composite glyph's components.
const (
	wordArguments = 1 << 0
	oneScale      = 1 << 3
	moreFollow    = 1 << 5
	twoScales     = 1 << 6
	matrix        = 1 << 7
)

// components calls found with where each component's glyph stands in a composite's outline.
func components(o []byte, found func(at int)) {
	if len(o) < 10 || i16(o, 0) >= 0 {
		return
	}
	for at := 10; ; {
		flags := u16(o, at)
		found(at + 2)
		at += 6
		if flags&wordArguments != 0 {
			at += 2
		}
		switch {
		case flags&oneScale != 0:
			at += 2
		case flags&twoScales != 0:
			at += 4
		case flags&matrix != 0:
			at += 8
		}
		if flags&moreFollow == 0 {
			return
		}
	}
}

// trueType puts tables into a file, by name, each with its sum.
func trueType(tables map[string][]byte) []byte {
	names := make([]string, 0, len(tables))
	for n := range tables {
		names = append(names, n)
	}
	slices.Sort(names)
	n := len(names)
	pow, log := 1, 0
	for pow*2 <= n {
		pow, log = pow*2, log+1
	}
	out := []byte{0, 1, 0, 0}
	for _, v := range []int{n, 16 * pow, log, 16*n - 16*pow} {
		out = binary.BigEndian.AppendUint16(out, uint16(v))
	}
	at, headAt := 12+16*n, 0
	for _, name := range names {
		if name == "head" {
			headAt = at
		}
		out = append(out, name...)
		out = binary.BigEndian.AppendUint32(out, sum(tables[name]))
		out = binary.BigEndian.AppendUint32(out, uint32(at))
		out = binary.BigEndian.AppendUint32(out, uint32(len(tables[name])))
		at += (len(tables[name]) + 3) &^ 3
	}
	for _, name := range names {
		out = append(out, tables[name]...)
		for len(out)%4 != 0 {
			out = append(out, 0)
		}
	}
	binary.BigEndian.PutUint32(out[headAt+8:], 0xB1B0AFBA-sum(out))
	return out
}

func sum(b []byte) uint32 {
	var total uint32
	for i := 0; i < len(b); i += 4 {
		var word [4]byte
		copy(word[:], b[i:])
		total += binary.BigEndian.Uint32(word[:])
	}
	return total
}
