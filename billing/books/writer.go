package books

import (
	"fmt"
	"io"
	"slices"
)

// Options say how a file is written. Zero fields take the kind's own encoding and limit, and yen.
type Options struct {
	Encoding Encoding
	Currency string // ISO 4217
	Exponent int    // decimals of the currency
	Limit    int64  // bytes a part
}

// A Writer writes the entries or deals of one export.
type Writer struct {
	kind  Kind
	style style
	*Sheet
}

// NewWriter begins an export of a kind; open gives the file of each part, from 1.
func NewWriter(open func(part int) (io.Writer, error), kind Kind, o Options) (*Writer, error) {
	f := forms[kind]
	if f == nil {
		return nil, fmt.Errorf("books: no kind %q", kind)
	}
	if o.Encoding == "" {
		o.Encoding = kind.Encodings()[0]
	}
	if !slices.Contains(kind.Encodings(), o.Encoding) {
		return nil, fmt.Errorf("books: %s is not written in %s", kind, o.Encoding)
	}
	if o.Limit == 0 {
		o.Limit = kind.Limit()
	}
	header := f.header
	if !f.heads {
		header = nil
	}
	sheet, err := NewSheet(open, o.Encoding, header, o.Limit)
	return &Writer{kind, style{o.Currency, o.Exponent}, sheet}, err
}

// Entry writes one entry. It refuses one that does not balance.
func (w *Writer) Entry(e Entry) error {
	if err := e.Sound(); err != nil {
		return err
	}
	f := forms[w.kind]
	if f.rows == nil {
		return fmt.Errorf("books: %s holds no entries", w.kind)
	}
	return w.Write(f.rows(e, w.style)...)
}

// Deal writes one deal.
func (w *Writer) Deal(d Deal) error {
	if err := d.Sound(); err != nil {
		return err
	}
	if w.kind != FreeeDeals {
		return fmt.Errorf("books: %s holds no deals", w.kind)
	}
	return w.Write(dealRows(d, w.style)...)
}
