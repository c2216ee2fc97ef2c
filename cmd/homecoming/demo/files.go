package demo

import (
	"context"
	"io"

	"homecoming/billing"
	"homecoming/billing/books"
)

// files exports the first company's month, so that the history of exports is not empty, and names a department as its
// bookkeeping program does.
func (f *filler) files(ctx context.Context) error {
	of := f.casts[0]
	_, err := f.Billing.NameBooks(ctx, of.admin, of.company, books.ToMoneyForward, []billing.BookName{{Field: books.DepartmentField, Key: of.house.fields[0].name, Value: "100 " + of.house.fields[0].name}})
	if err != nil {
		return err
	}
	first := f.today.AddDays(1 - f.today.Day)
	for _, kind := range []billing.ExportKind{"moneyforward", billing.ExportPayouts} {
		o := billing.ExportOrder{Company: of.company, Kind: kind, From: first, To: f.today}
		if _, err := f.Billing.Export(ctx, of.admin, o, books.One(io.Discard)); err != nil {
			return err
		}
	}
	return nil
}
