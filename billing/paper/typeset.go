package paper

import (
	_ "embed"
	"fmt"
	"strings"
	"sync"

	"golang.org/x/image/font/gofont/gobold"
	"golang.org/x/image/font/gofont/goregular"

	"homecoming/billing/paper/pdf"
)

// The letters, and the licences that travel with them.
var (
	//go:embed fonts/BIZUDPGothic-Regular.ttf
	gothic []byte
	//go:embed fonts/BIZUDPGothic-Bold.ttf
	gothicBold []byte
	//go:embed fonts/rare.ttf
	rare []byte

	//go:embed fonts/LICENCES.txt
	licences string
)

// Licences is what the fonts in the program may be used under.
func Licences() string { return licences }

// faces are read once, at the first document.
var faces = sync.OnceValues(func() ([]pdf.Face, error) {
	var fonts []*pdf.Font
	for _, from := range []struct {
		name string
		data []byte
	}{{"Go-Regular", goregular.TTF}, {"Go-Bold", gobold.TTF}, {"BIZUDPGothic-Regular", gothic}, {"BIZUDPGothic-Bold", gothicBold}, {"Rare", rare}} {
		f, err := pdf.ParseFont(from.name, from.data)
		if err != nil {
			return nil, err
		}
		fonts = append(fonts, f)
	}
	return []pdf.Face{{Regular: fonts[0], Bold: fonts[1]}, {Regular: fonts[2], Bold: fonts[3]}, {Regular: fonts[4]}}, nil
})

// The page, in points.
const (
	left    = 56.0
	right   = pdf.Width - 56.0
	wide    = right - left
	top     = 64.0
	bottom  = pdf.Height - 66.0
	leading = 1.5 // of a line, to the size of its letters
	padding = 4.0 // of a cell, on each side
	tint    = 0.955
	hair    = 0.82 // grey of hairlines
)

var (
	titleStyle   = pdf.Style{Size: 18, Bold: true}
	headingStyle = pdf.Style{Size: 10.5, Bold: true}
	nameStyle    = pdf.Style{Size: 12.5, Bold: true}
	bodyStyle    = pdf.Style{Size: 9.2}
	strongStyle  = pdf.Style{Size: 9.2, Bold: true}
	labelStyle   = pdf.Style{Size: 8, Grey: 0.38}
	smallStyle   = pdf.Style{Size: 7.6, Grey: 0.3}
	footerStyle  = pdf.Style{Size: 6.4, Grey: 0.4}
	amountStyle  = pdf.Style{Size: 21, Bold: true}
)

// Draw sets documents one after another, each from a page of its own with pages counted for itself, into one file that
// is called as the first is.
func Draw(docs ...Document) ([]byte, error) {
	if len(docs) == 0 {
		return nil, fmt.Errorf("paper: nothing to draw")
	}
	letters, err := faces()
	if err != nil {
		return nil, err
	}
	first := docs[0]
	f := pdf.New(pdf.Info{Title: first.name(), Author: first.Author, Language: first.Language, Created: first.Created}, letters...)
	for _, d := range docs {
		w := &writer{File: f, doc: d, first: f.Pages()}
		w.draw()
	}
	return f.Bytes()
}

// name is the title with the number that follows it.
func (d Document) name() string {
	if len(d.Meta) == 0 {
		return d.Title
	}
	return d.Title + " " + d.Meta[0].Value
}

// A writer sets one document, from the top of its first page.
type writer struct {
	*pdf.File
	doc   Document
	first int     // its first page
	y     float64 // where the next thing begins
}

func (w *writer) draw() {
	w.Page()
	w.y = top
	w.head()
	w.parties()
	w.figure()
	for _, s := range w.doc.Sections {
		w.section(s)
	}
	w.closing()
	w.footers()
}

// room begins a new page unless there is so much left of this one.
func (w *writer) room(height float64) (turned bool) {
	if w.y+height <= bottom {
		return false
	}
	w.Page()
	w.y = top
	w.Decorate().Text(left, top-24, w.doc.name(), smallStyle)
	return true
}

func (w *writer) measure(s pdf.Style) func(string) float64 {
	return func(text string) float64 { return w.Measure(text, s) }
}

// lines writes broken text from a height down, and returns the height below it.
func (w *writer) lines(x, y float64, lines []string, s pdf.Style) float64 {
	for _, l := range lines {
		w.Text(x, y+s.Size, l, s)
		y += s.Size * leading
	}
	return y
}

func (w *writer) flushRight(x, y float64, text string, s pdf.Style) {
	w.Text(x-w.Measure(text, s), y, text, s)
}

// paragraph writes text over the whole width, line by line over pages.
func (w *writer) paragraph(text string, s pdf.Style) {
	w.Open("P")
	for _, l := range wrap(text, wide, w.measure(s)) {
		w.room(s.Size * leading)
		w.Text(left, w.y+s.Size, l, s)
		w.y += s.Size * leading
	}
	w.Close()
}

// head is the title at the left, and number, day and version at the right.
func (w *writer) head() {
	w.Bookmark(w.doc.name(), w.y)
	w.Open("H1")
	const forMeta = 184.0
	y := w.lines(left, w.y, wrap(w.doc.Title, wide-forMeta, w.measure(titleStyle)), titleStyle)
	w.Close()
	meta := w.y + 2
	for _, m := range w.doc.Meta {
		w.Open("P")
		w.Text(right-forMeta+30, meta+bodyStyle.Size, m.Label, labelStyle)
		w.flushRight(right, meta+bodyStyle.Size, m.Value, bodyStyle)
		w.Close()
		meta += bodyStyle.Size * leading
	}
	w.y = max(y, meta) + 6
	w.Decorate().Rule(left, w.y, wide, 1.1, 0.1)
	w.y += 9
	if w.doc.Remark != "" {
		w.paragraph(w.doc.Remark, strongStyle)
		w.y += 4
	}
	w.y += 6
}

// parties are side by side: to whom at the left, from whom at the right.
func (w *writer) parties() {
	const gap = 36.0
	half := (wide - gap) / 2
	below := w.y
	for i, p := range []Party{w.doc.To, w.doc.From} {
		if p.Name == "" {
			continue
		}
		x, y := left+float64(i)*(half+gap), w.y
		w.Open("P")
		y = w.lines(x, y, []string{p.Label}, labelStyle)
		y = w.lines(x, y, wrap(p.Name, half, w.measure(nameStyle)), nameStyle)
		w.Close()
		w.Decorate().Rule(x, y, half, 0.6, 0.35)
		y += 5
		for _, line := range p.Lines {
			w.Open("P")
			y = w.lines(x, y, wrap(line, half, w.measure(bodyStyle)), bodyStyle)
			w.Close()
		}
		below = max(below, y)
	}
	w.y = below + 14
}

// figure is the amount in a tinted box, with what it is made of below.
func (w *writer) figure() {
	f := w.doc.Figure
	if f == nil {
		return
	}
	const inner = 12.0
	height := amountStyle.Size + 2*inner
	if len(f.Parts) > 0 {
		height += bodyStyle.Size*leading + 6
	}
	w.room(height)
	w.Decorate().Tint(left, w.y, wide, height, tint)
	base := w.y + inner + amountStyle.Size*0.8
	w.Open("P")
	w.Text(left+inner, base, f.Label, headingStyle)
	w.flushRight(right-inner, base, f.Amount, amountStyle)
	w.Close()
	if len(f.Parts) > 0 {
		w.parts(f.Parts, base+inner+8, inner)
	}
	w.y += height + 16
}

// parts are set from the right, each with its name.
func (w *writer) parts(parts []Fact, y, inner float64) {
	var all []string
	for _, p := range parts {
		all = append(all, p.Label+" "+p.Value)
	}
	w.Open("P")
	w.flushRight(right-inner, y, strings.Join(all, "　"), bodyStyle)
	w.Close()
}

func (w *writer) section(s Section) {
	w.room(headingStyle.Size*leading + 46) // a heading keeps something below it
	if s.Heading != "" {
		w.Bookmark(s.Heading, w.y)
		w.Open("H2")
		w.y = w.lines(left, w.y, []string{s.Heading}, headingStyle)
		w.Close()
		w.y += 3
	}
	if len(s.Facts) > 0 {
		w.facts(s.Facts)
	}
	if s.Table != nil {
		w.table(*s.Table)
	}
	for _, t := range s.Text {
		w.paragraph(t, bodyStyle)
	}
	w.y += 14
}

// facts are rows of a name and what it is, ruled like a form.
func (w *writer) facts(facts []Fact) {
	w.Open("Table")
	w.Decorate().Rule(left, w.y, wide, 0.6, 0.35)
	for _, f := range facts {
		w.Open("TR")
		w.fact(f)
		w.Close()
	}
	w.Close()
}

// fact may go on over pages: a brief can be longer than one.
func (w *writer) fact(f Fact) {
	const names, step = 118.0, 9.2 * leading
	label := wrap(f.Label, names-2*padding, w.measure(labelStyle))
	value := wrap(f.Value, wide-names-2*padding, w.measure(bodyStyle))
	w.room(padding*2 + step*float64(min(len(value), 3)))
	w.y += padding
	w.OpenHeader("Row")
	below := w.lines(left+padding, w.y+0.8, label, labelStyle)
	w.Close()
	w.Open("TD")
	for _, l := range value {
		if w.room(step) {
			below = w.y
		}
		w.Text(left+names+padding, w.y+bodyStyle.Size, l, bodyStyle)
		w.y += step
	}
	w.Close()
	w.y = max(w.y, below) + padding
	w.Decorate().Rule(left, w.y, wide, 0.4, hair)
}

// columns are where each column begins and how wide it is.
func (t Table) columns() (at, width []float64) {
	total := 0.0
	for _, c := range t.Columns {
		total += c.Weight
	}
	x := left
	for _, c := range t.Columns {
		at, width = append(at, x), append(width, wide*c.Weight/total)
		x += wide * c.Weight / total
	}
	return at, width
}

func (w *writer) table(t Table) {
	at, width := t.columns()
	head := w.cells(t, width, titles(t), strongHead)
	w.Open("Table")
	w.Open("TR")
	w.tableHead(t, at, width, head, false)
	w.Close()
	for i, r := range t.Rows {
		style := bodyStyle
		if r.Sum {
			style = strongStyle
		}
		cells := w.cells(t, width, r.Cells, style)
		height := rowHeight(cells, style)
		needed := height
		if i+1 < len(t.Rows) && t.Rows[i+1].Sum {
			needed += rowHeight(w.cells(t, width, t.Rows[i+1].Cells, strongStyle), strongStyle)
		}
		if w.room(needed) {
			w.tableHead(t, at, width, head, true)
		}
		if r.Sum {
			w.Decorate().Rule(left, w.y, wide, 0.6, 0.35)
		}
		w.Open("TR")
		for n, c := range cells {
			w.Open("TD")
			w.cell(t.Columns[n], at[n], width[n], w.y+padding, c, style, w.Text)
			w.Close()
		}
		w.Close()
		w.y += height
		w.Decorate().Rule(left, w.y, wide, 0.4, hair)
	}
	w.Close()
}

var strongHead = pdf.Style{Size: 8, Bold: true, Grey: 0.25}

func titles(t Table) []string {
	var all []string
	for _, c := range t.Columns {
		all = append(all, c.Title)
	}
	return all
}

// cells breaks a row's texts to the columns' widths; figures stay whole.
func (w *writer) cells(t Table, width []float64, texts []string, s pdf.Style) [][]string {
	var all [][]string
	for i := range t.Columns {
		text := ""
		if i < len(texts) {
			text = texts[i]
		}
		if t.Columns[i].Number && s != strongHead {
			all = append(all, strings.Split(text, "\n"))
		} else {
			all = append(all, wrap(text, width[i]-2*padding, w.measure(s)))
		}
	}
	return all
}

func rowHeight(cells [][]string, s pdf.Style) float64 {
	most := 1
	for _, c := range cells {
		most = max(most, len(c))
	}
	return float64(most)*s.Size*leading + 2*padding
}

// tableHead names the columns; where a page repeats it, it is decoration.
func (w *writer) tableHead(t Table, at, width []float64, head [][]string, again bool) {
	height := rowHeight(head, strongHead)
	w.Decorate().Tint(left, w.y, wide, height, tint)
	for n, c := range head {
		if again {
			w.cell(t.Columns[n], at[n], width[n], w.y+padding, c, strongHead, w.Decorate().Text)
			continue
		}
		w.OpenHeader("Column")
		w.cell(t.Columns[n], at[n], width[n], w.y+padding, c, strongHead, w.Text)
		w.Close()
	}
	w.y += height
}

func (w *writer) cell(c Column, x, width, y float64, lines []string, s pdf.Style, put func(x, y float64, text string, s pdf.Style)) {
	for _, l := range lines {
		from := x + padding
		if c.Number {
			from = x + width - padding - w.Measure(l, s)
		}
		put(from, y+s.Size, l, s)
		y += s.Size * leading
	}
}

func (w *writer) closing() {
	for _, t := range w.doc.Closing {
		w.paragraph(t, smallStyle)
		w.y += 3
	}
}

// footers go on every page once it is known how many there are.
func (w *writer) footers() {
	last := w.Pages()
	for p := w.first; p < last; p++ {
		sheet := w.Turn(p)
		sheet.Rule(left, bottom+16, wide, 0.4, hair)
		for i, l := range w.doc.Footer {
			sheet.Text(left, bottom+27+float64(i)*9, l, footerStyle)
		}
		page := fmt.Sprintf("%d / %d", p-w.first+1, last-w.first)
		sheet.Text(right-w.Measure(page, smallStyle), bottom+27, page, smallStyle)
	}
}
