package web

import (
	"homecoming/api/access"
	"homecoming/api/web/ui"
	"homecoming/market"
)

// devTable are the pages that exist while developing alone.
var devTable = []line{
	{"GET", "/dev/mails", access.Anybody, "", (*visit).getMails},
	{"GET", "/dev/storybook", access.Anybody, "", (*visit).getStorybook},
}

func (v *visit) getMails() error {
	if v.Outbox == nil {
		return market.ErrNotFound
	}
	mails, err := v.Outbox.Mails(v.ctx, v.c.Query("to"), 50)
	if err != nil {
		return err
	}
	return v.ok(mailsPage(mails))
}

func (v *visit) getStorybook() error { return v.ok(ui.Storybook()) }
