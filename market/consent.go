package market

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/lib/pq"
	"gorm.io/gorm"
	"gorm.io/gorm/clause"
)

// A ConsentPurpose is what somebody may agree to, at one company or beyond all of them.
type ConsentPurpose string

// The purposes. BeyondOwn is no company's affair and has its own choices, see [ShownTo].
const (
	ForWork      ConsentPurpose = "work"      // its people find them when they look for somebody for a task: see [Membership].Hidden
	ForDirectory ConsentPurpose = "directory" // those who worked there, and work there, find them among themselves
	ForGroup     ConsentPurpose = "group"     // companies of its group find them
	ForNews      ConsentPurpose = "news"      // it writes to them about news and events
	BeyondOwn    ConsentPurpose = "shown_to"  // other companies find them
)

// Purposes are those at one company, in the order in which people read them.
var Purposes = []ConsentPurpose{ForWork, ForDirectory, ForGroup, ForNews}

// wordings are the versions of the texts that people agree to (consent.*.text in the pages' catalogue). Whoever changes what
// a text says raises its version, and everybody who agreed to another is asked again. A test holds each text to its version.
var wordings = map[ConsentPurpose]string{ForWork: "2026-11", ForDirectory: "2026-11", ForGroup: "2026-11", ForNews: "2026-11", BeyondOwn: ShownWording}

// Wording is the version of the text that is agreed to at present.
func (p ConsentPurpose) Wording() string { return wordings[p] }

// unsaid are the purposes that hold while a person has said nothing: they are what a company keeps its register for, and its
// people hear of them when they are invited. Letters need a yes (Act on Regulation of Transmission of Specified Electronic
// Mail, art. 3), and so does being shown to everybody who was ever there.
var unsaid = map[ConsentPurpose]bool{ForWork: true, ForGroup: true}

// The choices about a purpose at a company.
const (
	ConsentGiven     = "given"
	ConsentWithdrawn = "withdrawn"
)

// A Source is where something was said.
type Source string

// The sources.
const (
	InProfile  Source = "profile"  // on one's own page, or through the API
	AtFarewell Source = "farewell" // on the page of one's last day
)

// A Consent is one choice that a person made, to a wording, at a time. None is ever changed.
type Consent struct {
	CompanyID *uuid.UUID // nil for BeyondOwn
	Purpose   ConsentPurpose
	Choice    string // ConsentGiven or ConsentWithdrawn; for BeyondOwn one of ShownTo
	Wording   string
	How       Source
	GivenAt   time.Time
}

// Agrees reports whether the choice is a yes.
func (c Consent) Agrees() bool {
	return c.Choice != ConsentWithdrawn && c.Choice != string(ShownToNobody)
}

// agreedTo is true of a membership called m whose person agrees to a purpose there. Every list, letter and count asks it.
//
// Of ForWork the membership's own column is the truth, and of BeyondOwn the person's, because rankings read them; both are
// only ever written with the row here that says so. Of the rest it is the latest row.
func agreedTo(p ConsentPurpose) string {
	switch p {
	case ForWork:
		return "NOT m.hidden"
	case BeyondOwn:
		return "EXISTS (SELECT 1 FROM people b WHERE b.id = m.person_id AND b.shown_to <> 'nobody')"
	}
	return `coalesce((SELECT x.choice = '` + ConsentGiven + `' FROM consents x WHERE x.company_id = m.company_id AND x.purpose = '` + string(p) + `'
		AND x.person_id = m.person_id ORDER BY x.id DESC LIMIT 1), ` + strconv.FormatBool(unsaid[p]) + `)`
}

// Agreed reports whether somebody agrees to a purpose at a company, at this very moment. Who has no membership there agrees to
// nothing, but for the company's own people, to whom its news is a part of their work.
func Agreed(tx *gorm.DB, person, company uuid.UUID, p ConsentPurpose) (bool, error) {
	ask := "SELECT " + agreedTo(p) + " FROM memberships m WHERE m.person_id = @person AND m.company_id = @company"
	if p == ForNews {
		ask += " UNION ALL SELECT true FROM role_grants r WHERE r.person_id = @person AND r.company_id = @company AND r.accepted_at IS NOT NULL"
	}
	var said []bool
	err := tx.Raw(ask, map[string]any{"person": person, "company": company}).Scan(&said).Error
	return slices.Contains(said, true), err
}

// An Answer is what somebody says about a purpose, to a wording that they saw; a no needs none.
type Answer struct {
	Purpose ConsentPurpose
	Yes     bool
	Wording string
}

// SetConsents records what the actor says at a company that they belong to. It holds at once everywhere. Saying the same about
// the same text again changes nothing.
func (s *Service) SetConsents(ctx context.Context, who Actor, company uuid.UUID, how Source, said ...Answer) error {
	return s.db.Tx(ctx, func(tx *gorm.DB) error {
		var m Membership
		if err := one(tx.Clauses(clause.Locking{Strength: "NO KEY UPDATE"}).Where("company_id = ? AND person_id = ? AND NOT outside", company, who.Self()).Take(&m)); err != nil {
			return err
		}
		for i, a := range said {
			field := "answers[" + itoa(i) + "]"
			switch {
			case !slices.Contains(Purposes, a.Purpose):
				return ErrNotOneOf.On(field+".purpose").With("value", a.Purpose).With("allowed", strings.Join(texts(Purposes), ", "))
			case a.Yes && a.Wording != a.Purpose.Wording():
				return ErrWording.On(field+".wording").With("wording", a.Purpose.Wording())
			}
			if err := s.agree(tx, who, m, a, how); err != nil {
				return err
			}
		}
		return nil
	})
}

// agree writes one answer down with what follows from it.
func (s *Service) agree(tx *gorm.DB, who Actor, m Membership, a Answer, how Source) error {
	choice, wording := ConsentWithdrawn, a.Purpose.Wording()
	if a.Yes {
		choice = ConsentGiven
	}
	var same bool
	err := tx.Raw(`SELECT coalesce((SELECT choice = ? AND wording = ? FROM consents WHERE company_id = ? AND purpose = ? AND person_id = ? ORDER BY id DESC LIMIT 1), false)`,
		choice, wording, m.CompanyID, a.Purpose, m.PersonID).Scan(&same).Error
	if err != nil || same && (a.Purpose != ForWork || m.Hidden != a.Yes) {
		return err
	}
	err = tx.Exec("INSERT INTO consents (id, person_id, company_id, purpose, choice, wording, how, given_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
		newID(), m.PersonID, m.CompanyID, a.Purpose, choice, wording, how, s.clock.Now()).Error
	if err != nil {
		return err
	}
	if a.Purpose == ForWork && m.Hidden == a.Yes {
		if err := tx.Model(&m).Update("hidden", !a.Yes).Error; err != nil {
			return err
		}
		if err := TouchMembership(tx, m.ID); err != nil {
			return err
		}
	}
	if a.Purpose == ForDirectory && a.Yes {
		if err := s.introduce(tx, m); err != nil {
			return err
		}
	}
	return Audit(tx, who, m.CompanyID, "consent."+choice, "membership:"+m.ID.String(), map[string]any{"purpose": a.Purpose, "wording": wording, "how": how})
}

// Consents lists every choice that the actor ever made, the latest first.
func (s *Service) Consents(ctx context.Context, who Actor) ([]Consent, error) {
	var list []Consent
	return list, s.db.Gorm(ctx).Raw("SELECT company_id, purpose, choice, wording, how, given_at FROM consents WHERE person_id = ? ORDER BY id DESC", who.Self()).Scan(&list).Error
}

// A ConsentState is where somebody stands on a purpose at a company.
type ConsentState struct {
	CompanyID uuid.UUID
	Company   string
	CompanyEN string
	Purpose   ConsentPurpose
	Agreed    bool
	Asks      bool     // a yes is needed and nothing was said, or the text says something else than what was agreed to
	Last      *Consent // nil while nothing was said
}

// ConsentStates lists the actor's companies with every purpose at each.
func (s *Service) ConsentStates(ctx context.Context, who Actor) ([]ConsentState, error) {
	asked := make([]string, len(Purposes))
	for i, p := range Purposes {
		asked[i] = agreedTo(p)
	}
	var here []struct {
		CompanyID    uuid.UUID
		Name, NameEN string
		Agreed       pq.BoolArray `gorm:"type:boolean[]"` // by purpose
	}
	err := s.db.Gorm(ctx).Raw(`SELECT m.company_id, c.name, c.name_en, ARRAY[`+strings.Join(asked, ", ")+`] AS agreed
		FROM memberships m JOIN companies c ON c.id = m.company_id WHERE m.person_id = ? AND NOT m.outside ORDER BY m.created_at DESC, m.id`, who.Self()).Scan(&here).Error
	if err != nil {
		return nil, err
	}
	said, err := s.Consents(ctx, who)
	var list []ConsentState
	for _, h := range here {
		for i, p := range Purposes {
			state := ConsentState{CompanyID: h.CompanyID, Company: h.Name, CompanyEN: h.NameEN, Purpose: p, Agreed: h.Agreed[i], Asks: !unsaid[p]}
			at := slices.IndexFunc(said, func(c Consent) bool { return c.Purpose == p && c.CompanyID != nil && *c.CompanyID == h.CompanyID })
			if at >= 0 {
				state.Last = &said[at]
				state.Asks = state.Last.Agrees() && state.Last.Wording != p.Wording()
			}
			list = append(list, state)
		}
	}
	return list, err
}
