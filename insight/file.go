package insight

import (
	"encoding/csv"
	"io"
	"strconv"

	"homecoming/internal/cell"
	"homecoming/market"
)

// Number writes a cell's number as programs read it: a share as a part of one, days with a tenth, money in minor units. It is empty where
// there is a mask.
func (c Column) Number(at Cell) string {
	if at.Mask != Shown {
		return ""
	}
	switch c.Unit {
	case Share:
		return strconv.FormatFloat(float64(at.Value)/10_000, 'f', 4, 64)
	case Days:
		return strconv.FormatFloat(float64(at.Value)/10, 'f', 1, 64)
	}
	return strconv.FormatInt(at.Value, 10)
}

// Float is the same number; nil where there is a mask.
func (c Column) Float(at Cell) *float64 {
	n, err := strconv.ParseFloat(c.Number(at), 64)
	if err != nil {
		return nil
	}
	return &n
}

// FileName is what the report is called as a file.
func (r Report) FileName() string {
	return "homecoming-network-" + market.MonthName(r.Months.First) + "-" + market.MonthName(r.Months.Last()) + ".csv"
}

// CSV writes all tables for a spreadsheet, a line for each number; what is hidden says why in its last column.
func (r Report) CSV(to io.Writer) error {
	if _, err := io.WriteString(to, "\ufeff"); err != nil {
		return err
	}
	w := csv.NewWriter(to)
	w.UseCRLF = true
	lines := [][]string{{"table", "by", "key", "name", "name_en", "column", "unit", "value", "currency", "hidden"}}
	for _, t := range r.Tables {
		for _, row := range t.Rows {
			lines = append(lines, r.lines(t, t.By, row)...)
		}
		if t.Total != nil {
			lines = append(lines, r.lines(t, market.AllOfThem, *t.Total)...)
			lines = append(lines, r.lines(t, market.AllBefore, *t.Before)...)
		}
	}
	return w.WriteAll(lines)
}

func (r Report) lines(t Table, by string, row Row) [][]string {
	lines := make([][]string, len(t.Columns))
	for i, c := range t.Columns {
		currency := ""
		if c.Unit == Money {
			currency = r.Company.Currency
		}
		lines[i] = []string{t.Key, by, row.Key, cell.Neutral(cell.Clean(row.Name)), cell.Neutral(cell.Clean(row.NameEN)), c.Key, string(c.Unit),
			c.Number(row.Cells[i]), currency, string(row.Cells[i].Mask)}
	}
	return lines
}
