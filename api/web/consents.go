package web

import (
	"context"
	"slices"

	"github.com/google/uuid"

	"homecoming/api/web/ui"
	"homecoming/billing"
	"homecoming/billing/books"
	"homecoming/market"
)

const (
	consentsPath        = "/profile/consents"
	companyConsentsPath = "/people/consents"
)

// A consentCard is one company with everything that the reader may agree to there.
type consentCard struct {
	company uuid.UUID
	name    string
	states  []market.ConsentState
}

// A consentView is all companies of the reader, with all that they ever chose.
type consentView struct {
	cards   []consentCard
	history []market.Consent
}

// name is the company of a choice; empty for one that is about no company.
func (c consentView) name(of *uuid.UUID) string {
	at := slices.IndexFunc(c.cards, func(k consentCard) bool { return of != nil && k.company == *of })
	if at < 0 {
		return ""
	}
	return c.cards[at].name
}

func (v *visit) consentCards() ([]consentCard, error) {
	states, err := v.Market.ConsentStates(v.ctx, v.who)
	var cards []consentCard
	for _, s := range states {
		if n := len(cards); n == 0 || cards[n-1].company != s.CompanyID {
			cards = append(cards, consentCard{company: s.CompanyID, name: inLanguage(v.lang, s.CompanyEN, s.Company)})
		}
		last := &cards[len(cards)-1]
		last.states = append(last.states, s)
	}
	return cards, err
}

// consentsAsked is how many questions about consent wait for the reader.
func (v *visit) consentsAsked() (n int, err error) {
	states, err := v.Market.ConsentStates(v.ctx, v.who)
	for _, s := range states {
		if s.Asks {
			n++
		}
	}
	return n, err
}

func (v *visit) getConsents() error {
	cards, err := v.consentCards()
	if err != nil {
		return err
	}
	history, err := v.Market.Consents(v.ctx, v.who)
	if err != nil {
		return err
	}
	return v.ok(consentsPage(consentView{cards, history}))
}

// answers are what the reader says about every purpose, by the boxes they left checked.
func (v *visit) answers() []market.Answer {
	yes, said := v.c.PostFormArray("agree"), make([]market.Answer, len(market.Purposes))
	for i, p := range market.Purposes {
		said[i] = market.Answer{Purpose: p, Yes: slices.Contains(yes, string(p)), Wording: v.c.PostForm("wording." + string(p))}
	}
	return said
}

func (v *visit) postConsents() error {
	if err := v.Market.SetConsents(v.ctx, v.who, v.form().uuid("company"), market.InProfile, v.answers()...); err != nil {
		return v.retreat(err, consentsPath)
	}
	return v.to(consentsPath, "consent.saved")
}

// getCompanyConsents shows the office what the company's people agree to.
func (v *visit) getCompanyConsents() error {
	counts, err := v.Market.ConsentCounts(v.ctx, v.who, v.company.ID)
	if err != nil {
		return err
	}
	return v.ok(companyConsentsPage(counts))
}

func (v *visit) getConsentsFile() error {
	write, err := v.Market.ConsentsFile(v.ctx, v.who, v.company.ID)
	if err != nil {
		return err
	}
	return v.send(billing.Download{Name: "homecoming-consents.csv", Encoding: books.UTF8, Write: write})
}

// consentMark says that a question waits.
func consentMark(ctx context.Context, s market.ConsentState) ui.Mark {
	if s.Last == nil {
		return ui.Mark{Text: ui.T(ctx, "consent.new"), Tone: ui.Now}
	}
	return ui.Mark{Text: ui.T(ctx, "consent.changed"), Tone: ui.Now}
}
