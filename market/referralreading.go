package market

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"
	"gorm.io/gorm"
)

// A ReferralView is a referral as one of its readers sees it.
type ReferralView struct {
	Referral    `gorm:"embedded"`
	Programme   string
	ProgrammeEN string `gorm:"column:programme_en"`
	Stage       string // empty before the customer's yes
	StageEN     string `gorm:"column:stage_en"`
	Person      string // who introduced
	Owner       string // who is responsible
	CompanyName string
	CompanyEN   string `gorm:"column:company_en"`
	Currency    string
	EventTitle  string
	Revenue     int64 // reported so far, minor units
	Fees        int64 // that follow from it
}

// StageIn is the stage's name for a reader of a language.
func (v ReferralView) StageIn(language string) string {
	return inEither(language, v.Stage, v.StageEN)
}

// ProgrammeIn is the programme's name for a reader of a language.
func (v ReferralView) ProgrammeIn(language string) string {
	return inEither(language, v.Programme, v.ProgrammeEN)
}

// CompanyIn is the company's name for a reader of a language.
func (v ReferralView) CompanyIn(language string) string {
	return inEither(language, v.CompanyName, v.CompanyEN)
}

// MayFollow answers whether the actor takes the referral through its stages: those of the company who may, but for their own.
func (a Actor) MayFollow(r Referral) error {
	if err := a.May(FollowReferrals, r.CompanyID); err != nil {
		return err
	}
	if r.PersonID == a.PersonID {
		return ErrOwnReferral
	}
	return nil
}

// A ReferralFilter says which referrals are wanted; zero fields do not narrow.
type ReferralFilter struct {
	CompanyID   uuid.UUID // those of a company, as its people see them
	Mine        bool      // those that the actor made
	ProgrammeID uuid.UUID
	StageID     uuid.UUID // under way at this stage
	State       ReferralState
	OwnerID     uuid.UUID
	Words       string    // parts of the organisation's name
	Before      uuid.UUID // older than this one
	Limit       int
}

// Referrals lists what the actor may see, the newest first.
func (s *Service) Referrals(ctx context.Context, who Actor, f ReferralFilter) ([]ReferralView, error) {
	q := who.VisibleReferrals(namedReferrals(s.db.Gorm(ctx)))
	for where, value := range map[string]uuid.UUID{"referrals.company_id = ?": f.CompanyID, "referrals.programme_id = ?": f.ProgrammeID,
		"referrals.state = 'agreed' AND referrals.stage_id = ?": f.StageID, "referrals.owner_id = ?": f.OwnerID, "referrals.id < ?": f.Before} {
		if value != uuid.Nil {
			q = q.Where(where, value)
		}
	}
	if f.Mine {
		q = q.Where("referrals.person_id = ?", who.PersonID)
	} else {
		q = q.Where("referrals.agreed_at IS NOT NULL AND referrals.company_id IN ?", orNone(who.Companies(FollowReferrals)))
	}
	if f.State != "" {
		q = q.Where("referrals.state = ?", f.State)
	}
	for _, word := range strings.Fields(f.Words) {
		q = q.Where("referrals.organisation ILIKE ?", "%"+escapeLike(word)+"%")
	}
	var list []ReferralView
	err := q.Order("referrals.id DESC").Limit(Page(f.Limit)).Scan(&list).Error
	for i := range list {
		list[i] = list[i].asSeen(who)
	}
	return list, err
}

func namedReferrals(g *gorm.DB) *gorm.DB {
	return g.Table("referrals").Select(`referrals.*, p.name AS programme, p.name_en AS programme_en, coalesce(st.name, '') AS stage, coalesce(st.name_en, '') AS stage_en,
			name_of(w) AS person, coalesce(name_of(o), '') AS owner, c.name AS company_name, c.name_en AS company_en, c.currency, coalesce(e.title, '') AS event_title,
			coalesce(f.revenue, 0) AS revenue, coalesce(f.fees, 0) AS fees`).
		Joins("JOIN referral_programmes p ON p.id = referrals.programme_id").Joins("LEFT JOIN referral_stages st ON st.id = referrals.stage_id").
		Joins("JOIN people w ON w.id = referrals.person_id").Joins("LEFT JOIN people o ON o.id = referrals.owner_id").
		Joins("JOIN companies c ON c.id = referrals.company_id").Joins("LEFT JOIN events e ON e.id = referrals.event_id").
		Joins("LEFT JOIN LATERAL (SELECT sum(revenue) AS revenue, sum(amount) AS fees FROM referral_fees WHERE referral_id = referrals.id) f ON true")
}

// asSeen leaves out what is the company's own.
func (v ReferralView) asSeen(who Actor) ReferralView {
	if who.May(FollowReferrals, v.CompanyID) != nil {
		v.LicenceConfirmedBy = nil
	}
	v.ConsentHash = nil
	return v
}

// ReferralOf reads one that the actor may see.
func (s *Service) ReferralOf(ctx context.Context, who Actor, id uuid.UUID) (ReferralView, error) {
	return referralView(s.db.Gorm(ctx), who, id)
}

func referralView(g *gorm.DB, who Actor, id uuid.UUID) (ReferralView, error) {
	var list []ReferralView
	if err := who.VisibleReferrals(namedReferrals(g).Where("referrals.id = ?", id)).Scan(&list).Error; err != nil {
		return ReferralView{}, err
	}
	if len(list) == 0 {
		return ReferralView{}, ErrNotFound
	}
	return list[0].asSeen(who), nil
}

// PendingReferrals counts the customers of a company who have not answered yet. That there are some is all that it learns.
func (s *Service) PendingReferrals(ctx context.Context, who Actor, company uuid.UUID) (n int, err error) {
	if err := who.May(FollowReferrals, company); err != nil {
		return 0, err
	}
	return n, s.db.Gorm(ctx).Raw("SELECT count(*) FROM referrals WHERE company_id = ? AND state = 'asked'", company).Scan(&n).Error
}

// ReferralOwners lists who of a company can be responsible for a referral, by name.
func (s *Service) ReferralOwners(ctx context.Context, who Actor, company uuid.UUID) ([]TeamMember, error) {
	if err := who.May(FollowReferrals, company); err != nil {
		return nil, err
	}
	var rows []Person
	err := s.db.Gorm(ctx).Where("id IN (SELECT person_id FROM ("+carrying+") a WHERE accepted_at IS NOT NULL)", carryingArgs(company, FollowReferrals)).
		Order("family_kana, family_name, given_name, id").Find(&rows).Error
	list := make([]TeamMember, len(rows))
	for i, p := range rows {
		list[i] = TeamMember{PersonID: p.ID, Name: p.Name()}
	}
	return list, err
}

// A ReferralEvent is one line of a referral's timeline.
type ReferralEvent struct {
	Did     string // introduce, agree, move, …
	Stage   string
	StageEN string `gorm:"column:stage_en"`
	Note    string // the company's own; empty for its referrer
	Told    string
	Actor   string // empty: the customer, or the clock
	At      time.Time
}

// StageIn is the stage's name for a reader of a language.
func (e ReferralEvent) StageIn(language string) string {
	return inEither(language, e.Stage, e.StageEN)
}

// ReferralTimeline lists what happened to a referral that the actor may see, the latest first.
func (s *Service) ReferralTimeline(ctx context.Context, who Actor, id uuid.UUID) ([]ReferralEvent, error) {
	g := s.db.Gorm(ctx)
	v, err := referralView(g, who, id)
	if err != nil {
		return nil, err
	}
	var list []ReferralEvent
	err = g.Raw(`SELECT m.did, coalesce(st.name, '') AS stage, coalesce(st.name_en, '') AS stage_en, m.note, m.told, coalesce(name_of(p), '') AS actor, m.at
		FROM referral_moves m LEFT JOIN referral_stages st ON st.id = m.stage_id LEFT JOIN people p ON p.id = m.actor_id WHERE m.referral_id = ? ORDER BY m.at DESC, m.id DESC`, id).Scan(&list).Error
	if who.MayFollow(v.Referral) != nil {
		for i := range list {
			list[i].Note = ""
		}
	}
	return list, err
}

// A ReferralStanding is what referrals came to at one company, for whoever made them.
type ReferralStanding struct{ Introduced, Agreed, Won, UnderWay int }

// StandingOf counts what came of referrals.
func StandingOf(list []ReferralView) (s ReferralStanding) {
	for _, v := range list {
		s.Introduced++
		if v.AgreedAt != nil {
			s.Agreed++
		}
		if v.State == ReferralWon {
			s.Won++
		}
		if slices.Contains([]ReferralState{ReferralAsked, ReferralAgreed}, v.State) {
			s.UnderWay++
		}
	}
	return s
}
