package market

import (
	"context"
	"strings"

	"cloud.google.com/go/civil"
	"github.com/google/uuid"
	"golang.org/x/text/unicode/norm"
	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"homecoming/internal/problem"
)

// A DepartureKind is why a stint ended, as the company's records have it. It is a personnel fact: the alumni office sees it,
// nobody else does, and it neither moves a rank nor closes a door. Empty is not known.
type DepartureKind string

// The kinds of departure.
const (
	Retirement  DepartureKind = "retirement"   // 定年
	ContractEnd DepartureKind = "contract_end" // a fixed term was over
	Voluntary   DepartureKind = "voluntary"    // by the person's own wish
	LaidOff     DepartureKind = "company"      // for the company's reasons
	Transferred DepartureKind = "transfer"     // went over to another company of the group
	OtherWay    DepartureKind = "other"
)

// Departures are all of them, in the order of a form.
var Departures = []DepartureKind{Voluntary, Retirement, ContractEnd, LaidOff, Transferred, OtherWay}

// What can be wrong with the end of a stint.
var (
	ErrDeparture = problem.Define(problem.Invalid, "departure_form",
		"“{value}” is no kind of departure. Write retirement, contract_end, voluntary, company, transfer or other.",
		"「{value}」という退職区分はありません。定年退職・契約満了・自己都合・会社都合・転籍・その他のいずれかを入力してください。")
	ErrDepartureDay = problem.Define(problem.Invalid, "departure_without_day",
		"A departure needs the day of leaving.", "退職区分を入力するときは退職日も入力してください。")
)

// departureWords are the words for it in an HR file, folded as headings are. Who still works there may have a word too.
var departureWords = map[string]DepartureKind{"": "", "在籍": "", "在籍中": "", "employed": "",
	"retirement": Retirement, "定年": Retirement, "定年退職": Retirement,
	"contractend": ContractEnd, "契約満了": ContractEnd, "期間満了": ContractEnd, "契約期間満了": ContractEnd, "雇用期間満了": ContractEnd,
	"voluntary": Voluntary, "自己都合": Voluntary, "自己都合退職": Voluntary, "一身上の都合": Voluntary, "依願退職": Voluntary,
	"company": LaidOff, "会社都合": LaidOff, "会社都合退職": LaidOff, "早期退職": LaidOff, "希望退職": LaidOff,
	"transfer": Transferred, "転籍": Transferred, "移籍": Transferred,
	"other": OtherWay, "その他": OtherWay}

// departureMeant reads a kind of departure as people write it.
func departureMeant(text string) (DepartureKind, bool) {
	d, known := departureWords[folded(strings.TrimSpace(norm.NFKC.String(text)))]
	return d, known
}

// A StintEnd is when and why a stint ends; no day says that it lasts.
type StintEnd struct {
	LeftOn    *civil.Date
	Departure DepartureKind
}

// check finds what is wrong with the end of a stint that began on a day.
func (e StintEnd) check(joined civil.Date) error {
	_, known := departureMeant(string(e.Departure))
	switch {
	case !known:
		return ErrDeparture.On("departure").With("value", e.Departure)
	case e.LeftOn != nil && !e.LeftOn.IsValid():
		return ErrDay.On("left_on").With("value", e.LeftOn)
	case e.LeftOn != nil && e.LeftOn.Before(joined):
		return ErrLeftBefore.On("left_on").With("left", e.LeftOn).With("joined", joined)
	case e.LeftOn == nil && e.Departure != "":
		return ErrDepartureDay.On("left_on")
	}
	return nil
}

// EndStint sets when and why a stint ends, or that it lasts, and gives the member as they are then. Somebody who is to leave
// from today on is invited on the day; see farewell.go.
func (s *Service) EndStint(ctx context.Context, who Actor, stint uuid.UUID, e StintEnd) (Member, error) {
	var membership uuid.UUID
	err := s.db.Tx(ctx, func(tx *gorm.DB) error {
		var at Stint
		if err := one(tx.Clauses(clause.Locking{Strength: "NO KEY UPDATE"}).Where("id = ?", stint).Take(&at)); err != nil {
			return err
		}
		membership = at.MembershipID
		if err := who.May(ManagePeople, at.CompanyID); err != nil {
			return err
		}
		if err := e.check(at.JoinedOn); err != nil {
			return err
		}
		if err := tx.Exec("UPDATE stints SET left_on = ?, departure = ? WHERE id = ?", e.LeftOn, e.Departure, stint).Error; err != nil {
			return err
		}
		c, err := CompanyByID(tx, at.CompanyID)
		if err != nil {
			return err
		}
		if err := s.planFarewells(tx, []uuid.UUID{membership}, c.Today(s.clock.Now()).AddDays(-farewellGrace)); err != nil {
			return err
		}
		if err := TouchMembership(tx, membership); err != nil {
			return err
		}
		return Audit(tx, who, at.CompanyID, "membership.end_stint", "membership:"+membership.String(), map[string]any{"stint": stint, "left_on": e.LeftOn})
	})
	if err != nil {
		return Member{}, err
	}
	return s.Member(ctx, who, membership)
}

// addDepartures tells the alumni office why each stint of a member ended.
func addDepartures(g *gorm.DB, m *Member) error {
	var rows []Stint
	if err := g.Where("membership_id = ?", m.ID).Find(&rows).Error; err != nil {
		return err
	}
	for i, t := range m.Stints {
		for _, r := range rows {
			if r.ID == t.ID {
				m.Stints[i].Departure = r.Departure
			}
		}
	}
	return nil
}
