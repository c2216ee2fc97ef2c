package pdf

import (
	"crypto/sha256"
	"fmt"
	"strings"
	"unicode/utf16"
)

// writeFonts embeds what was used of each font, and returns the resources that name them.
func (f *File) writeFonts(w *objects) int {
	var names strings.Builder
	for _, s := range f.used {
		if len(s.order) > 0 {
			fmt.Fprintf(&names, "/F%d %d 0 R ", s.name, s.write(w))
		}
	}
	return w.add("<< /ProcSet [/PDF /Text] /Font << %s>> >>", names.String())
}

// write embeds the subset as a font of two-byte codes, with widths and what each code means.
func (s *subset) write(w *objects) int {
	file := s.file()
	embedded := w.stream(fmt.Sprintf("/Length1 %d", len(file)), file)
	name := s.tag() + "+" + s.font.name
	unit := func(v int) int { return v * 1000 / s.font.em }
	head := s.font.tables["head"]
	descriptor := w.add("<< /Type /FontDescriptor /FontName /%s /Flags 4 /FontBBox [%d %d %d %d] /ItalicAngle 0 /Ascent %d /Descent %d /CapHeight %d /StemV 80 /FontFile2 %d 0 R >>",
		name, unit(int(i16(head, 36))), unit(int(i16(head, 38))), unit(int(i16(head, 40))), unit(int(i16(head, 42))), unit(s.font.ascent), unit(s.font.descent), unit(s.font.ascent), embedded)
	var widths strings.Builder
	for _, c := range s.order {
		fmt.Fprintf(&widths, "%d ", s.font.width(c))
	}
	descendant := w.add("<< /Type /Font /Subtype /CIDFontType2 /BaseFont /%s /CIDSystemInfo << /Registry (Adobe) /Ordering (Identity) /Supplement 0 >> /FontDescriptor %d 0 R /DW 1000 /W [1 [%s]] /CIDToGIDMap /Identity >>",
		name, descriptor, widths.String())
	return w.add("<< /Type /Font /Subtype /Type0 /BaseFont /%s /Encoding /Identity-H /DescendantFonts [%d 0 R] /ToUnicode %d 0 R >>",
		name, descendant, w.stream("", s.meaning()))
}

// tag is the six letters that tell one subset from another.
func (s *subset) tag() string {
	sum := sha256.Sum256([]byte(string(s.order)))
	out := make([]byte, 6)
	for i := range out {
		out[i] = 'A' + sum[i]%26
	}
	return string(out)
}

// meaning is the table from codes to characters, at most a hundred lines a block.
func (s *subset) meaning() []byte {
	b := []byte("/CIDInit /ProcSet findresource begin\n12 dict begin\nbegincmap\n/CIDSystemInfo << /Registry (Adobe) /Ordering (UCS) /Supplement 0 >> def\n" +
		"/CMapName /Adobe-Identity-UCS def\n/CMapType 2 def\n1 begincodespacerange\n<0000> <FFFF>\nendcodespacerange\n")
	const block = 100
	for from := 0; from < len(s.order); from += block {
		part := s.order[from:min(from+block, len(s.order))]
		b = fmt.Appendf(b, "%d beginbfchar\n", len(part))
		for i, c := range part {
			b = fmt.Appendf(b, "<%04X> <", from+i+1)
			for _, u := range utf16.Encode([]rune{c}) {
				b = fmt.Appendf(b, "%04X", u)
			}
			b = append(b, ">\n"...)
		}
		b = append(b, "endbfchar\n"...)
	}
	return append(b, "endcmap\nCMapName currentdict /CMap defineresource pop\nend\nend\n"...)
}
