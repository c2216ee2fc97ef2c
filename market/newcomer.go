package market

import (
	"context"
	"time"

	"github.com/google/uuid"
	"gorm.io/gorm"

	"homecoming/internal/jobs"
)

// A newcomer is introduced to those whom they worked with: once at a company, when they first agree to be in its directory of
// colleagues, to people who are in it themselves. Those two yeses are all that it rests on; no list of who knew whom is kept.

// LetterNewcomer says that somebody with whom its reader worked is in the directory of colleagues now.
const LetterNewcomer LetterKind = "newcomer"

const (
	knewEachOther  = 90 // days in one department from which on people are told
	mostIntroduced = 50 // who are told of one newcomer, those first who worked with them the longest
	newFor         = 60 // days for which somebody is called new
	mostWorkedWith = 12
)

// together are the days that the membership @own and one called m spent in one department at the same time.
const together = `(SELECT coalesce(sum(greatest(0, least(coalesce(a.left_on, CAST(@today AS date)), coalesce(b.left_on, CAST(@today AS date))) - greatest(a.joined_on, b.joined_on) + 1)), 0)
	FROM stints a JOIN stints b ON b.department_id = a.department_id WHERE a.membership_id = @own AND b.membership_id = m.id)`

// workedWith are the other members of a company who agreed to be in its directory and were in a department of @own's.
const workedWith = `memberships m WHERE m.company_id = @company AND m.id <> @own AND NOT m.outside
	AND m.id IN (SELECT b.membership_id FROM stints a JOIN stints b ON b.department_id = a.department_id WHERE a.membership_id = @own)`

// introduce tells people of a member who just agreed to be in the directory, if it is for the first time.
func (s *Service) introduce(tx *gorm.DB, m Membership) error {
	var before int
	err := tx.Raw("SELECT count(*) FROM consents WHERE person_id = ? AND company_id = ? AND purpose = ? AND choice = ?", m.PersonID, m.CompanyID, ForDirectory, ConsentGiven).Scan(&before).Error
	if err != nil || before > 1 {
		return err
	}
	c, err := CompanyByID(tx, m.CompanyID)
	if err != nil {
		return err
	}
	var found []struct {
		PersonID uuid.UUID
		Days     int
	}
	err = tx.Raw("SELECT * FROM (SELECT m.person_id, "+together+" AS days FROM "+workedWith+" AND "+agreedTo(ForDirectory)+" AND NOT "+apartFrom+`) k
		WHERE days >= @enough ORDER BY days DESC, person_id LIMIT @most`, map[string]any{"own": m.ID, "company": m.CompanyID, "now": s.clock.Now(),
		"today": c.Today(s.clock.Now()), "enough": knewEachOther, "most": mostIntroduced}).Scan(&found).Error
	if err != nil || len(found) == 0 {
		return err
	}
	p, err := personOrNobody(tx.Where("id = ?", m.PersonID))
	if err != nil {
		return err
	}
	for _, f := range found {
		err := jobs.Enqueue(tx, Letter{Letter: LetterNewcomer, PersonID: f.PersonID, CompanyID: m.CompanyID, Path: "/colleagues?company=" + m.CompanyID.String(),
			Facts: map[string]any{"months": months(f.Days)}}.Naming("name", p.ID, p.Name()))
		if err != nil {
			return err
		}
	}
	return nil
}

// months are days as people say them, one at least.
func months(days int) int { return max(1, days*12/365) }

// A FormerPeer is somebody in the directory of colleagues with whom the reader worked.
type FormerPeer struct {
	Fellow
	Months int  // that both were in one department
	New    bool // in the directory for less than two months
}

// WorkedWith lists those of a company's directory with whom the actor was in one department, the longest first.
func (s *Service) WorkedWith(ctx context.Context, who Actor, company uuid.UUID) ([]FormerPeer, error) {
	if !who.InNetwork(company) {
		return nil, ErrNotFound
	}
	g := s.db.Gorm(ctx)
	c, err := CompanyByID(g, company)
	if err != nil {
		return nil, err
	}
	var own []uuid.UUID
	if err := g.Raw("SELECT id FROM memberships WHERE company_id = ? AND person_id = ? AND NOT outside", company, who.Self()).Scan(&own).Error; err != nil || len(own) == 0 {
		return nil, err
	}
	now := s.clock.Now()
	var found []struct {
		ID   uuid.UUID
		Days int
		New  bool
	}
	err = g.Raw("SELECT * FROM (SELECT m.id, "+together+" AS days, NOT EXISTS (SELECT 1 FROM consents x WHERE x.company_id = m.company_id AND x.person_id = m.person_id AND x.purpose = '"+string(ForDirectory)+"' AND x.given_at < @since) AS new FROM "+
		workedWith+" AND "+agreedTo(ForDirectory)+" AND NOT "+apartFrom+") k WHERE days > 0 ORDER BY days DESC, id LIMIT @most",
		map[string]any{"own": own[0], "company": company, "now": now, "today": c.Today(now), "since": now.Add(-newFor * 24 * time.Hour), "most": mostWorkedWith}).Scan(&found).Error
	if err != nil || len(found) == 0 {
		return nil, err
	}
	list, ids := make([]FormerPeer, len(found)), make([]uuid.UUID, len(found))
	at := map[uuid.UUID]*FormerPeer{}
	for i, f := range found {
		list[i], ids[i] = FormerPeer{Months: months(f.Days), New: f.New}, f.ID
		at[f.ID] = &list[i]
	}
	members, err := s.members(g, g.Where("m.id IN ?", ids), asPeer)
	for _, m := range members {
		at[m.ID].Fellow = m.fellow(c)
	}
	return list, err
}
