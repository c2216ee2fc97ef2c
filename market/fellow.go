package market

import (
	"context"
	"strings"

	"cloud.google.com/go/civil"
	"github.com/google/uuid"
	"gorm.io/gorm"
)

// A Fellow is somebody as they are seen in a directory of colleagues: that of a company that both were at, or that of its group.
// What they show to colleagues is there, and nothing else but the name.
type Fellow struct {
	ID            uuid.UUID // of the membership
	CompanyName   string
	CompanyEN     string
	Name          string
	Reading       string
	Email         string
	HourlyRate    *Money
	AvailableFrom *civil.Date
	Introduction  string
	Portfolio     []string
	Languages     []SpokenLanguage
	Stints        []MemberStint
	Skills        []MemberSkill
}

// fellow is what colleagues see of a member that was read for them.
func (m Member) fellow(c Company) Fellow {
	return Fellow{ID: m.ID, CompanyName: c.Name, CompanyEN: c.NameEN, Name: m.Name, Reading: m.Reading, Email: m.Email, HourlyRate: m.HourlyRate,
		AvailableFrom: m.AvailableFrom, Introduction: m.Introduction, Portfolio: m.Portfolio, Languages: m.Languages, Stints: m.Stints, Skills: m.Skills}
}

// apartFrom is true of a membership m whose person something keeps apart from the company @company today.
const apartFrom = `EXISTS (SELECT 1 FROM bars x JOIN companies c ON c.id = x.company_id WHERE x.company_id = @company AND x.person_id = m.person_id AND x.lifted_at IS NULL
	AND x.from_on <= ` + today + ` AND coalesce(x.until_on >= ` + today + `, true))`

// Fellows lists those who worked at a company or work there and agreed to be in its directory of colleagues, for everybody who
// did or does: words are parts of names and readings. Who came from outside is no colleague.
func (s *Service) Fellows(ctx context.Context, who Actor, company uuid.UUID, words string, before uuid.UUID, limit int) ([]Fellow, error) {
	if !who.InNetwork(company) {
		return nil, ErrNotFound
	}
	g := s.db.Gorm(ctx)
	q := g.Where("m.company_id = @company AND NOT m.outside AND "+agreedTo(ForDirectory)+" AND NOT "+apartFrom, map[string]any{"company": company, "now": s.clock.Now()})
	return s.fellows(g, findableBy(q, words, Peer), before, limit)
}

// GroupPeople lists people who left the other companies of the group and agreed to be shown there, for who may see the company's
// own: words are parts of names and readings. Who hid, and who keeps the asking company away, is in no such list.
func (s *Service) GroupPeople(ctx context.Context, who Actor, company uuid.UUID, words string, before uuid.UUID, limit int) ([]Fellow, error) {
	if err := who.May(SeePeople, company); err != nil {
		return nil, err
	}
	g := s.db.Gorm(ctx)
	q := g.Where("NOT m.outside AND NOT m.hidden AND "+agreedTo(ForGroup)+" AND "+shared+" AND NOT "+apartFrom+`
		AND EXISTS (SELECT 1 FROM companies c WHERE c.id = m.company_id AND `+left+")", map[string]any{"company": company, "now": s.clock.Now()})
	list, err := s.fellows(g, findableBy(q, words, Peer), before, limit)
	for i := range list {
		list[i].Skills = sharedSkills(list[i].Skills)
	}
	return list, err
}

func (s *Service) fellows(g, q *gorm.DB, before uuid.UUID, limit int) ([]Fellow, error) {
	if before != uuid.Nil {
		q = q.Where("m.id < ?", before)
	}
	found, err := s.members(g, q.Limit(Page(limit)), asPeer)
	if err != nil {
		return nil, err
	}
	names, err := companyNames(g, found)
	list := make([]Fellow, len(found))
	for i, m := range found {
		list[i] = m.fellow(names[m.CompanyID])
	}
	return list, err
}

// sharedSkills leaves out what the member's company calls its own, and whose word it was.
func sharedSkills(skills []MemberSkill) (list []MemberSkill) {
	for _, k := range skills {
		if !strings.HasPrefix(k.SkillID, "own-") {
			list = append(list, MemberSkill{SkillID: k.SkillID, NameEN: k.NameEN, NameJA: k.NameJA, Level: k.Level, Evidence: k.Evidence, About: k.About, Links: k.Links})
		}
	}
	return list
}
