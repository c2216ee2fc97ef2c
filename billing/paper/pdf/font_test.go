package pdf

import (
	"testing"

	"golang.org/x/image/font/gofont/goregular"
	"golang.org/x/image/font/sfnt"
)

func TestASubsetIsAFontThatDrawsWhatTheWholeOneDraws(t *testing.T) {
	t.Parallel()
	whole, err := ParseFont("Go", goregular.TTF)
	if err != nil {
		t.Fatal(err)
	}
	s := &subset{font: whole, codes: map[rune]uint16{}}
	for _, c := range "Añ1Añ" { // ñ is made of two parts
		s.code(c)
	}
	part, err := sfnt.Parse(withCharacters(s))
	if err != nil {
		t.Fatal(err)
	}
	full, err := sfnt.Parse(goregular.TTF)
	if err != nil {
		t.Fatal(err)
	}
	var b sfnt.Buffer
	for i, c := range s.order {
		g, err := full.GlyphIndex(&b, c)
		if err != nil {
			t.Fatal(err)
		}
		want, err := full.LoadGlyph(&b, g, 2048, nil)
		if err != nil {
			t.Fatal(err)
		}
		wantCopy := append(sfnt.Segments(nil), want...)
		got, err := part.LoadGlyph(&b, sfnt.GlyphIndex(i+1), 2048, nil)
		if err != nil {
			t.Fatal(err)
		}
		if len(got) == 0 || len(got) != len(wantCopy) {
			t.Fatalf("%c is drawn in %d strokes, in the whole font %d", c, len(got), len(wantCopy))
		}
		for n := range got {
			if got[n] != wantCopy[n] {
				t.Fatalf("%c differs in stroke %d", c, n)
			}
		}
	}
}

// withCharacters is the subset with the tables that a reader of whole fonts asks for and a PDF file does without.
func withCharacters(s *subset) []byte {
	from := s.font.tables
	data := s.file()
	tables := map[string][]byte{"cmap": from["cmap"], "name": from["name"], "post": {0, 3, 0, 0, 31: 0}, "OS/2": from["OS/2"]}
	for i := range int(u16(data, 4)) {
		at := 12 + 16*i
		tables[string(data[at:at+4])] = data[u32(data, at+8) : u32(data, at+8)+u32(data, at+12)]
	}
	return trueType(tables)
}

func FuzzParseFont(f *testing.F) {
	f.Add(goregular.TTF[:4096])
	f.Add(trueType(map[string][]byte{"head": make([]byte, 54), "cmap": {0, 0, 0, 1, 0, 3, 0, 1, 0, 0, 0, 12}}))
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, data []byte) {
		font, err := ParseFont("fuzz", data)
		if (font == nil) == (err == nil) {
			t.Fatal("neither a font nor an error")
		}
	})
}
