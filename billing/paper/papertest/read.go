package papertest

import (
	"bytes"
	"compress/zlib"
	"encoding/hex"
	"fmt"
	"io"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf16"
)

// A File is a PDF file taken apart.
type File struct {
	Raw   []byte
	Pages []Page
}

// A Page has its text twice over: what belongs to the document, and what decorates it, such as footers.
type Page struct {
	Lines      []string
	Decoration []string
	Loose      int // pieces of text that are neither
}

var (
	object  = regexp.MustCompile(`(?sm)^(\d+) 0 obj\n(.*?)\nendobj$`)
	fonts   = regexp.MustCompile(`/F(\d+) (\d+) 0 R`)
	meaning = regexp.MustCompile(`/ToUnicode (\d+) 0 R`)
	codes   = regexp.MustCompile(`<([0-9A-F]{4})> <([0-9A-F]+)>`)
	content = regexp.MustCompile(`/Type /Page /.*/Contents (\d+) 0 R`)
	marks   = regexp.MustCompile(`/(\w+) (?:<< /MCID \d+ >> BDC|BMC)|(EMC)|/F(\d+) [\d.]+ Tf \d Tr <([0-9A-F]*)> Tj|(ET)`)
)

// Read takes a file of package paper apart.
func Read(raw []byte) (File, error) {
	f := File{Raw: raw}
	bodies := map[int][]byte{}
	var order []int
	for _, m := range object.FindAllSubmatch(raw, -1) {
		id, err := strconv.Atoi(string(m[1]))
		if err != nil {
			return f, err
		}
		bodies[id], order = m[2], append(order, id)
	}
	letters, err := alphabets(bodies, order)
	if err != nil {
		return f, err
	}
	for _, id := range order {
		if m := content.FindSubmatch(bodies[id]); m != nil {
			at, err := strconv.Atoi(string(m[1]))
			if err != nil {
				return f, err
			}
			page, err := inflate(bodies[at])
			if err != nil {
				return f, err
			}
			f.Pages = append(f.Pages, read(page, letters))
		}
	}
	if len(f.Pages) == 0 {
		return f, fmt.Errorf("papertest: no page found")
	}
	return f, nil
}

// Lines is the text of all pages, without what decorates them.
func (f File) Lines() []string {
	var all []string
	for _, p := range f.Pages {
		all = append(all, p.Lines...)
	}
	return all
}

func inflate(stream []byte) ([]byte, error) {
	_, data, _ := bytes.Cut(stream, []byte("stream\n"))
	r, err := zlib.NewReader(bytes.NewReader(data))
	if err != nil {
		return nil, err
	}
	return io.ReadAll(r)
}

// alphabets are what each font's codes mean.
func alphabets(bodies map[int][]byte, order []int) (map[string]map[string]string, error) {
	all := map[string]map[string]string{}
	for _, id := range order {
		if !bytes.Contains(bodies[id], []byte("/ProcSet")) {
			continue
		}
		for _, m := range fonts.FindAllSubmatch(bodies[id], -1) {
			font, _ := strconv.Atoi(string(m[2]))
			at, _ := strconv.Atoi(string(meaning.FindSubmatch(bodies[font])[1]))
			table, err := inflate(bodies[at])
			if err != nil {
				return nil, err
			}
			letters := map[string]string{}
			for _, c := range codes.FindAllSubmatch(table, -1) {
				letters[string(c[1])] = fromUTF16(string(c[2]))
			}
			all[string(m[1])] = letters
		}
	}
	return all, nil
}

func fromUTF16(digits string) string {
	b, err := hex.DecodeString(digits)
	if err != nil {
		return "\ufffd"
	}
	var units []uint16
	for i := 0; i+1 < len(b); i += 2 {
		units = append(units, uint16(b[i])<<8|uint16(b[i+1]))
	}
	return string(utf16.Decode(units))
}

// read goes through a page's content: a line is all that one text object says.
func read(page []byte, letters map[string]map[string]string) Page {
	var p Page
	var line strings.Builder
	belongs := ""
	for _, m := range marks.FindAllStringSubmatch(string(page), -1) {
		switch {
		case m[1] != "":
			belongs = m[1]
		case m[2] != "":
			belongs = ""
		case m[4] != "":
			for code := m[4]; len(code) >= 4; code = code[4:] {
				line.WriteString(letters[m[3]][code[:4]])
			}
		case m[5] != "":
			switch belongs {
			case "":
				p.Loose++
			case "Artifact":
				p.Decoration = append(p.Decoration, line.String())
			default:
				p.Lines = append(p.Lines, line.String())
			}
			line.Reset()
		}
	}
	return p
}
