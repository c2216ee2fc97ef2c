package web

import (
	"context"

	"github.com/a-h/templ"
	"github.com/google/uuid"

	"homecoming/api/web/ui"
	"homecoming/market"
)

const (
	recordsPath        = "/profile/records"
	publicRecordsPath  = "/records/"
	companyRecordsPath = "/people/records"
)

// getRecords shows the reader what companies say of their work.
func (v *visit) getRecords() error {
	list, err := v.Market.Records(v.ctx, v.who)
	if err != nil {
		return err
	}
	slug, err := v.Market.RecordPage(v.ctx, v.who)
	if err != nil {
		return err
	}
	return v.ok(recordsPage(list, slug))
}

// postRecordPage makes the page that everybody may read, or takes it down.
func (v *visit) postRecordPage() error {
	public := v.form().text("public") == "yes"
	if _, err := v.Market.SetRecordPage(v.ctx, v.who, public); err != nil {
		return err
	}
	if public {
		return v.to(recordsPath, "record.page.made")
	}
	return v.to(recordsPath, "record.page.gone")
}

func (v *visit) postShowRecord() error {
	id, err := v.id()
	if err != nil {
		return err
	}
	if err := v.Market.ShowRecord(v.ctx, v.who, id, v.form().text("shown") == "yes"); err != nil {
		return err
	}
	return v.to(recordsPath, "record.saved")
}

func (v *visit) getCredential() error {
	id, err := v.id()
	if err != nil {
		return err
	}
	r, err := v.Market.Record(v.ctx, v.who, id)
	if err != nil {
		return err
	}
	return v.attach(r.FileName(), market.CredentialMedia, []byte(r.Token))
}

// getPublicRecords is what somebody shows to everybody. Search engines are told to leave it out: it is for whom they give the
// address to.
func (v *visit) getPublicRecords() error {
	slug := v.c.Param("slug")
	name, list, err := v.Market.PublicRecords(v.ctx, slug)
	if err != nil {
		return err
	}
	v.c.Header("X-Robots-Tag", "noindex")
	return v.ok(publicRecordsPage(slug, name, list))
}

func (v *visit) getPublicCredential() error {
	id, err := v.id()
	if err != nil {
		return err
	}
	_, list, err := v.Market.PublicRecords(v.ctx, v.c.Param("slug"))
	if err != nil {
		return err
	}
	for _, r := range list {
		if r.ID == id {
			return v.attach(r.FileName(), market.CredentialMedia, []byte(r.Token))
		}
	}
	return market.ErrNotFound
}

// getCompanyRecords shows the office what the company signed.
func (v *visit) getCompanyRecords() error {
	list, err := v.Market.CompanyRecords(v.ctx, v.who, v.company.ID)
	if err != nil {
		return err
	}
	return v.ok(companyRecordsPage(list, uuid.Nil, "", ui.Fault{}))
}

func (v *visit) postRevokeRecord() error {
	id, err := v.id()
	if err != nil {
		return err
	}
	reason := v.form().text("reason")
	if err := v.Market.RevokeRecord(v.ctx, v.who, id, reason); err != nil {
		list, broken := v.Market.CompanyRecords(v.ctx, v.who, v.company.ID)
		if broken != nil {
			return err
		}
		return v.refuse(err, func(f ui.Fault) templ.Component { return companyRecordsPage(list, id, reason, f) })
	}
	return v.to(companyRecordsPath, "record.revoked.done")
}

// recordMark is how a record stands.
func recordMark(ctx context.Context, r market.WorkRecord) ui.Mark {
	if r.Valid() {
		return ui.Mark{Text: ui.T(ctx, "record.valid"), Tone: ui.Good}
	}
	return ui.Mark{Text: ui.T(ctx, "record.revoked"), Tone: ui.Bad}
}

// recordCompany is the company's name in the reader's language.
func recordCompany(ctx context.Context, r market.WorkRecord) string {
	return inLanguage(ui.FrameOf(ctx).Language, r.CompanyNameEN, r.CompanyName)
}

func skillChips(names []string) []ui.Chip {
	chips := make([]ui.Chip, len(names))
	for i, name := range names {
		chips[i] = ui.Chip{Text: name}
	}
	return chips
}
