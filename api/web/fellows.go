package web

import (
	"context"
	"slices"
	"strings"

	"github.com/google/uuid"

	"homecoming/api/web/ui"
	"homecoming/market"
)

const (
	fellowsPath   = "/colleagues"
	audiencesPath = "/profile/audiences"
)

// A fellowDirectory is one page of a company's colleagues who show themselves.
type fellowDirectory struct {
	company   uuid.UUID
	companies []ui.Option // to choose from, where there are several
	fellows   []market.Fellow
	query     string
	older     string
	paged     bool
	shown     bool                // the reader is in it
	peers     []market.FormerPeer // with whom the reader worked, on the first page
}

// getFellows shows the directory of the company that is asked for, or of the reader's first.
func (v *visit) getFellows() error {
	d := fellowDirectory{query: v.c.Query("q"), paged: v.before() != uuid.Nil}
	asked, _ := uuid.Parse(v.c.Query("company"))
	for _, g := range v.who.Grants {
		if g.Role == market.Outsider || slices.ContainsFunc(d.companies, func(o ui.Option) bool { return o.Value == g.CompanyID.String() }) {
			continue
		}
		c, err := v.Market.Company(v.ctx, v.who, g.CompanyID)
		if err != nil {
			return err
		}
		d.companies = append(d.companies, ui.Option{Value: c.ID.String(), Label: companyName(c, v.lang)})
		if asked == uuid.Nil || asked == c.ID {
			d.company, asked = c.ID, c.ID
		}
	}
	if asked == uuid.Nil {
		return v.ok(fellowsPage(d))
	}
	var err error
	if d.fellows, err = v.Market.Fellows(v.ctx, v.who, asked, d.query, v.before(), pageSize); err != nil {
		return err
	}
	if len(d.fellows) > 0 {
		d.older = v.older(fellowsPath, len(d.fellows), d.fellows[len(d.fellows)-1].ID)
	}
	if d.query == "" && !d.paged {
		if d.peers, err = v.Market.WorkedWith(v.ctx, v.who, asked); err != nil {
			return err
		}
	}
	states, err := v.Market.ConsentStates(v.ctx, v.who)
	d.shown = slices.ContainsFunc(states, func(s market.ConsentState) bool {
		return s.CompanyID == d.company && s.Purpose == market.ForDirectory && s.Agreed
	})
	if err != nil {
		return err
	}
	return v.ok(fellowsPage(d))
}

// fellowFacts are the small things that somebody shows to colleagues.
func fellowFacts(ctx context.Context, f market.Fellow) []string {
	facts := []string{f.Reading, f.Email}
	if f.AvailableFrom != nil && f.AvailableFrom.After(ui.Today(ctx)) {
		facts = append(facts, ui.T(ctx, "candidate.free.from", "day", ui.ShortDay(ctx, *f.AvailableFrom)))
	}
	if f.HourlyRate != nil {
		facts = append(facts, ui.T(ctx, "candidate.rate", "amount", *f.HourlyRate))
	}
	return facts
}

// spokenLine are languages in a line.
func spokenLine(ctx context.Context, list []market.SpokenLanguage) string {
	texts := make([]string, len(list))
	for i, l := range list {
		texts[i] = spokenText(ctx, l)
	}
	return strings.Join(texts, " / ")
}

func (v *visit) getAudiences() error {
	p, err := v.Market.Profile(v.ctx, v.who)
	if err != nil {
		return err
	}
	return v.ok(audiencesPage(p.Person.Audiences))
}

func (v *visit) postAudiences() error {
	chosen := market.Audiences{}
	for _, r := range market.FieldRules {
		if typed := v.form().text(string(r.Field)); typed != "" {
			chosen[r.Field] = market.Audience(typed)
		}
	}
	if err := v.Market.SetAudiences(v.ctx, v.who, chosen); err != nil {
		return v.retreat(err, audiencesPath)
	}
	return v.to(audiencesPath, "audience.saved")
}

// audienceOptions are what can be chosen for a field.
func audienceOptions(ctx context.Context, r market.FieldRule) []ui.Option {
	options := make([]ui.Option, len(r.Choose))
	for i, a := range r.Choose {
		key := "audience." + string(a)
		if a == market.ToNobody && r.Record {
			key = "audience.office"
		}
		options[i] = ui.Option{Value: string(a), Label: ui.T(ctx, key)}
	}
	return options
}
