package demo

import (
	"context"

	"homecoming/market"
)

// conduct has a company's own people agree to the rules that everybody keeps; its alumni are still asked.
func (f *filler) conduct(ctx context.Context, c cast) error {
	if err := f.Market.AgreeConduct(ctx, c.admin, c.company, market.HouseConduct); err != nil {
		return err
	}
	for _, who := range c.staff {
		if err := f.Market.AgreeConduct(ctx, who, c.company, market.HouseConduct); err != nil {
			return err
		}
	}
	return nil
}
