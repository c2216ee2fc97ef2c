package pdf

import (
	"bytes"
	"compress/zlib"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"
	"time"
	"unicode/utf16"
)

// The size of a page, A4, in points.
const (
	Width  = 595.28
	Height = 841.89
)

// Info is what a file says about itself.
type Info struct {
	Title    string
	Author   string
	Language string // of the text: ja, en
	Created  time.Time
}

// A File is being written, page by page from the top.
type File struct {
	info  Info
	faces []face
	used  []*subset // the fonts behind the faces, by their names in the file
	pages []*page
	root  *element
	open  []*element // from the root to the one that text goes into
	marks []bookmark
}

type page struct {
	content bytes.Buffer
	owners  []*element // of each marked piece of content, by its number
}

// An element is a node of the structure: a table, a row, a cell.
type element struct {
	tag        string
	attributes string
	parent     *element
	kids       []any // *element, or piece
	id         int   // its object, once the file is put together
}

// A piece is a stretch of content on a page.
type piece struct{ page, number int }

type bookmark struct {
	title string
	page  int
	y     float64
}

// A Face is one design of letters. Without a bold font of its own, bold is drawn by a line around the regular letters.
type Face struct{ Regular, Bold *Font }

type face struct{ regular, bold *subset }

// New begins a file whose text may be in any of the faces; a character is drawn in the first that has it.
func New(info Info, faces ...Face) *File {
	f := &File{info: info, root: &element{tag: "Document"}}
	f.open = []*element{f.root}
	for _, from := range faces {
		to := face{regular: f.use(from.Regular)}
		if from.Bold != nil {
			to.bold = f.use(from.Bold)
		}
		f.faces = append(f.faces, to)
	}
	return f
}

func (f *File) use(font *Font) *subset {
	f.used = append(f.used, &subset{font: font, name: len(f.used), codes: map[rune]uint16{}})
	return f.used[len(f.used)-1]
}

// Page begins a new page; what is written next stands on it. Open elements go on.
func (f *File) Page() {
	f.pages = append(f.pages, &page{})
}

// Pages is how many there are.
func (f *File) Pages() int { return len(f.pages) }

// Turn goes back to a page, counted from 0, to write what was not known before, such as how many pages there are.
func (f *File) Turn(to int) *Sheet { return &Sheet{f, f.pages[to]} }

// Open begins a structure element within the one that is open: H1, P, Table, TR, TD.
func (f *File) Open(tag string) { f.begin(tag, "") }

// OpenHeader begins a cell that heads a Column or a Row of a table.
func (f *File) OpenHeader(of string) { f.begin("TH", "/A << /O /Table /Scope /"+of+" >>") }

func (f *File) begin(tag, attributes string) {
	e := &element{tag: tag, attributes: attributes, parent: f.top()}
	f.top().kids = append(f.top().kids, e)
	f.open = append(f.open, e)
}

// Close ends the element that was opened last.
func (f *File) Close() { f.open = f.open[:len(f.open)-1] }

func (f *File) top() *element { return f.open[len(f.open)-1] }

// Bookmark lets readers jump to a height of the current page.
func (f *File) Bookmark(title string, y float64) {
	f.marks = append(f.marks, bookmark{title, len(f.pages) - 1, y})
}

// A Style is how text looks.
type Style struct {
	Size float64 // points
	Bold bool
	Grey float64 // 0 is black, 1 is white
}

// Measure is how wide text is, in points.
func (f *File) Measure(text string, s Style) float64 {
	thousandths := 0
	for _, c := range text {
		font, _ := f.draws(c, s)
		thousandths += font.font.width(c)
	}
	return float64(thousandths) * s.Size / 1000
}

// draws is the font that a character is drawn in, and whether it is to be made bold. What none has is left to one that
// can say so.
func (f *File) draws(c rune, s Style) (font *subset, embolden bool) {
	for _, want := range []rune{c, missing} {
		for _, face := range f.faces {
			font, embolden = face.regular, s.Bold
			if s.Bold && face.bold != nil {
				font, embolden = face.bold, false
			}
			if font.font.Has(want) {
				return font, embolden
			}
		}
	}
	return font, embolden
}

// Text writes a line with its baseline at y, as content of the element that is open.
func (f *File) Text(x, y float64, text string, s Style) {
	if text == "" {
		return
	}
	p := f.pages[len(f.pages)-1]
	owner := f.top()
	fmt.Fprintf(&p.content, "/%s << /MCID %d >> BDC\n", owner.tag, len(p.owners))
	owner.kids = append(owner.kids, piece{len(f.pages) - 1, len(p.owners)})
	p.owners = append(p.owners, owner)
	f.write(p, x, y, text, s)
	p.content.WriteString("EMC\n")
}

// write puts text on a page, in runs of one font.
func (f *File) write(p *page, x, y float64, text string, s Style) {
	fmt.Fprintf(&p.content, "BT %s g %s G %s w 1 0 0 1 %s %s Tm", num(s.Grey), num(s.Grey), num(s.Size*0.03), num(x), num(Height-y))
	var last *subset
	var run strings.Builder
	bold := false
	flush := func() {
		if run.Len() > 0 {
			fmt.Fprintf(&p.content, " /F%d %s Tf %d Tr <%s> Tj", last.name, num(s.Size), rendering[bold], run.String())
		}
		run.Reset()
	}
	for _, c := range text {
		font, embolden := f.draws(c, s)
		if font != last || embolden != bold {
			flush()
			last, bold = font, embolden
		}
		fmt.Fprintf(&run, "%04X", font.code(c))
	}
	flush()
	p.content.WriteString(" ET\n")
}

// rendering is how letters are put down: filled, or filled with a line around them.
var rendering = map[bool]int{false: 0, true: 2}

// A Sheet is a page to be decorated: what is put there is no part of the text.
type Sheet struct {
	file *File
	page *page
}

// Decorate is the current page.
func (f *File) Decorate() *Sheet { return f.Turn(len(f.pages) - 1) }

func (s *Sheet) artifact(draw func()) {
	s.page.content.WriteString("/Artifact BMC\n")
	draw()
	s.page.content.WriteString("EMC\n")
}

// Text writes a line that repeats or numbers, such as a footer.
func (s *Sheet) Text(x, y float64, text string, style Style) {
	s.artifact(func() { s.file.write(s.page, x, y, text, style) })
}

// Rule draws a line from left to right.
func (s *Sheet) Rule(x, y, width, weight, grey float64) {
	s.artifact(func() {
		fmt.Fprintf(&s.page.content, "%s G %s w %s %s m %s %s l S\n", num(grey), num(weight), num(x), num(Height-y), num(x+width), num(Height-y))
	})
}

// Tint fills a rectangle whose upper left corner is at x and y.
func (s *Sheet) Tint(x, y, width, height, grey float64) {
	s.artifact(func() {
		fmt.Fprintf(&s.page.content, "%s g %s %s %s %s re f\n", num(grey), num(x), num(Height-y-height), num(width), num(height))
	})
}

// num writes a number of points, to a hundredth.
func num(v float64) string {
	s := strings.TrimRight(fmt.Sprintf("%.2f", v), "0")
	return strings.TrimSuffix(s, ".")
}

// Bytes puts the file together.
func (f *File) Bytes() ([]byte, error) {
	w := &objects{}
	catalog, tree, pages := w.reserve(), w.reserve(), w.reserve()
	resources := f.writeFonts(w)
	sheets := make([]int, len(f.pages))
	for i := range sheets {
		sheets[i] = w.reserve()
	}
	f.root.number(w)
	for i, p := range f.pages {
		content := w.stream("", p.content.Bytes())
		w.put(sheets[i], "<< /Type /Page /Parent %d 0 R /MediaBox [0 0 %s %s] /Resources %d 0 R /Contents %d 0 R /StructParents %d /Tabs /S >>",
			pages, num(Width), num(Height), resources, content, i)
	}
	w.put(pages, "<< /Type /Pages /Count %d /Kids [%s] >>", len(sheets), references(sheets))
	f.root.write(w, tree, sheets)
	w.put(tree, "<< /Type /StructTreeRoot /K %d 0 R /ParentTree %d 0 R /ParentTreeNextKey %d >>", f.root.id, f.writeOwners(w), len(f.pages))
	outlines := f.writeBookmarks(w, sheets)
	w.put(catalog, "<< /Type /Catalog /Pages %d 0 R /Lang %s /MarkInfo << /Marked true >> /StructTreeRoot %d 0 R /ViewerPreferences << /DisplayDocTitle true >> /Metadata %d 0 R%s >>",
		pages, text(f.info.Language), tree, w.plain("/Type /Metadata /Subtype /XML", f.metadata()), outlines)
	info := w.add("<< /Title %s /Author %s /CreationDate (%s) /Producer (Homecoming) >>", text(f.info.Title), text(f.info.Author), f.info.Created.UTC().Format("D:20060102150405Z"))
	return w.file(catalog, info), w.err
}

// writeOwners says for each page which element each marked piece of it belongs to.
func (f *File) writeOwners(w *objects) int {
	var nums strings.Builder
	for i, p := range f.pages {
		ids := make([]int, len(p.owners))
		for n, e := range p.owners {
			ids[n] = e.id
		}
		fmt.Fprintf(&nums, "%d %d 0 R ", i, w.add("[%s]", references(ids)))
	}
	return w.add("<< /Nums [%s] >>", nums.String())
}

func (f *File) writeBookmarks(w *objects, sheets []int) string {
	if len(f.marks) == 0 {
		return ""
	}
	root := w.reserve()
	ids := make([]int, len(f.marks))
	for i := range ids {
		ids[i] = w.reserve()
	}
	for i, m := range f.marks {
		links := ""
		if i > 0 {
			links += fmt.Sprintf(" /Prev %d 0 R", ids[i-1])
		}
		if i < len(ids)-1 {
			links += fmt.Sprintf(" /Next %d 0 R", ids[i+1])
		}
		w.put(ids[i], "<< /Title %s /Parent %d 0 R /Dest [%d 0 R /XYZ 0 %s null]%s >>", text(m.title), root, sheets[m.page], num(Height-m.y), links)
	}
	w.put(root, "<< /Type /Outlines /First %d 0 R /Last %d 0 R /Count %d >>", ids[0], ids[len(ids)-1], len(ids))
	return fmt.Sprintf(" /Outlines %d 0 R", root)
}

// metadata repeats title and language in the form that archives read.
func (f *File) metadata() []byte {
	escape := strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;").Replace
	day := f.info.Created.UTC().Format(time.RFC3339)
	return fmt.Appendf(nil, `<?xpacket begin="" id="W5M0MpCehiHzreSzNTczkc9d"?>
<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description rdf:about=""
 xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:xmp="http://ns.adobe.com/xap/1.0/">
<dc:title><rdf:Alt><rdf:li xml:lang="x-default">%s</rdf:li></rdf:Alt></dc:title><dc:creator><rdf:Seq><rdf:li>%s</rdf:li></rdf:Seq></dc:creator>
<dc:language><rdf:Bag><rdf:li>%s</rdf:li></rdf:Bag></dc:language><xmp:CreateDate>%s</xmp:CreateDate></rdf:Description></rdf:RDF></x:xmpmeta>
<?xpacket end="w"?>`, escape(f.info.Title), escape(f.info.Author), escape(f.info.Language), day)
}

// number gives every element its object, parents first.
func (e *element) number(w *objects) {
	e.id = w.reserve()
	for _, k := range e.kids {
		if child, ok := k.(*element); ok {
			child.number(w)
		}
	}
}

func (e *element) write(w *objects, tree int, sheets []int) {
	parent := tree
	if e.parent != nil {
		parent = e.parent.id
	}
	var kids []string
	for _, k := range e.kids {
		switch k := k.(type) {
		case *element:
			k.write(w, tree, sheets)
			kids = append(kids, fmt.Sprintf("%d 0 R", k.id))
		case piece:
			kids = append(kids, fmt.Sprintf("<< /Type /MCR /Pg %d 0 R /MCID %d >>", sheets[k.page], k.number))
		}
	}
	w.put(e.id, "<< /Type /StructElem /S /%s /P %d 0 R %s /K [%s] >>", e.tag, parent, e.attributes, strings.Join(kids, " "))
}

// objects are the numbered parts of a file.
type objects struct {
	bodies [][]byte
	err    error
}

func (w *objects) reserve() int {
	w.bodies = append(w.bodies, nil)
	return len(w.bodies)
}

func (w *objects) put(id int, format string, args ...any) {
	w.bodies[id-1] = fmt.Appendf(nil, format, args...)
}

func (w *objects) add(format string, args ...any) int {
	id := w.reserve()
	w.put(id, format, args...)
	return id
}

// plain writes a stream as it is, stream a compressed one.
func (w *objects) plain(dictionary string, data []byte) int {
	return w.add("<< %s /Length %d >>\nstream\n%s\nendstream", dictionary, len(data), data)
}

func (w *objects) stream(dictionary string, data []byte) int {
	var b bytes.Buffer
	z := zlib.NewWriter(&b)
	if _, err := z.Write(data); err != nil {
		w.err = err
	}
	if err := z.Close(); err != nil {
		w.err = err
	}
	return w.plain(dictionary+" /Filter /FlateDecode", b.Bytes())
}

// file writes the objects with the table of where each begins. The file's id is made of its content.
func (w *objects) file(catalog, info int) []byte {
	out := []byte("%PDF-1.7\n%\xE2\xE3\xCF\xD3\n")
	places := make([]int, len(w.bodies))
	for i, body := range w.bodies {
		places[i] = len(out)
		out = fmt.Appendf(out, "%d 0 obj\n%s\nendobj\n", i+1, body)
	}
	sum := sha256.Sum256(out)
	id, table := hex.EncodeToString(sum[:16]), len(out)
	out = fmt.Appendf(out, "xref\n0 %d\n0000000000 65535 f \n", len(places)+1)
	for _, at := range places {
		out = fmt.Appendf(out, "%010d 00000 n \n", at)
	}
	return fmt.Appendf(out, "trailer\n<< /Size %d /Root %d 0 R /Info %d 0 R /ID [<%s> <%s>] >>\nstartxref\n%d\n%%%%EOF\n", len(places)+1, catalog, info, id, id, table)
}

func references(ids []int) string {
	var list []string
	for _, id := range ids {
		list = append(list, fmt.Sprintf("%d 0 R", id))
	}
	return strings.Join(list, " ")
}

// text is a string of a dictionary, in UTF-16 with its mark.
func text(s string) string {
	out := "<FEFF"
	for _, u := range utf16.Encode([]rune(s)) {
		out += fmt.Sprintf("%04X", u)
	}
	return out + ">"
}
