package market

import (
	"context"
	"encoding/csv"
	"io"
	"strconv"

	"github.com/google/uuid"

	"homecoming/internal/cell"
)

// A ReferralFunnel is what came of the introductions of one programme.
type ReferralFunnel struct {
	ProgrammeID uuid.UUID
	Name        string
	NameEN      string `gorm:"column:name_en"`
	Introduced  int    // customers asked
	Agreed      int    // who said yes
	Won         int
	Lost        int
	Known       int // were customers already
	UnderWay    int
	Revenue     int64        // reported, minor units
	Fees        int64        // that follow from it, minor units
	Agreeing    *int         // median days from the question to the yes; nil where nobody said yes
	Winning     *int         // median days from the yes to won; nil where nothing was won
	Stages      []StageCount `gorm:"-"` // how many ever came so far, in order
}

// A StageCount is how many referrals came to a stage, or further.
type StageCount struct {
	ProgrammeID uuid.UUID
	Name        string
	NameEN      string `gorm:"column:name_en"`
	Reached     int
}

// In is the stage's name for a reader of a language.
func (s StageCount) In(language string) string { return inEither(language, s.Name, s.NameEN) }

// NameIn is the programme's name for a reader of a language.
func (f ReferralFunnel) NameIn(language string) string { return inEither(language, f.Name, f.NameEN) }

// referralCounts count referrals called r, with what each earned.
const referralCounts = `count(r.id) AS introduced, count(r.agreed_at) AS agreed,
	count(*) FILTER (WHERE r.state = 'won') AS won, count(*) FILTER (WHERE r.state = 'lost') AS lost, count(*) FILTER (WHERE r.state = 'known') AS known,
	count(*) FILTER (WHERE r.state IN ('asked', 'agreed')) AS under_way, coalesce(sum(f.revenue), 0) AS revenue, coalesce(sum(f.fees), 0) AS fees`

const referralEarned = `LEFT JOIN LATERAL (SELECT sum(revenue) AS revenue, sum(amount) AS fees FROM referral_fees WHERE referral_id = r.id) f ON true`

// stagesReached counts how many of the referrals r ever came to a stage or further; a condition on r can stand before stagesInOrder.
const (
	stagesReached = `SELECT st.id, st.position, st.programme_id, st.name, st.name_en, count(furthest.position) AS reached FROM referral_stages st
		LEFT JOIN LATERAL (SELECT max(x.position) AS position FROM referral_moves m JOIN referral_stages x ON x.id = m.stage_id JOIN referrals r ON r.id = m.referral_id
			WHERE r.programme_id = st.programme_id`
	stagesInOrder = ` GROUP BY m.referral_id) furthest ON furthest.position >= st.position
		WHERE st.company_id = @company GROUP BY st.id`
)

// ReferralReport counts what came of a company's programmes, the oldest first, for whoever runs them. It names no customer.
func (s *Service) ReferralReport(ctx context.Context, who Actor, company uuid.UUID) ([]ReferralFunnel, error) {
	if err := who.May(RunReferrals, company); err != nil {
		return nil, err
	}
	g := s.db.Gorm(ctx)
	var list []ReferralFunnel
	err := g.Raw(`SELECT p.id AS programme_id, p.name, p.name_en, `+referralCounts+`,
			round(percentile_cont(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM r.agreed_at - r.created_at) / 86400))::int AS agreeing,
			round(percentile_cont(0.5) WITHIN GROUP (ORDER BY CASE WHEN r.state = 'won' THEN extract(epoch FROM r.ended_at - r.agreed_at) / 86400 END))::int AS winning
		FROM referral_programmes p LEFT JOIN referrals r ON r.programme_id = p.id `+referralEarned+`
		WHERE p.company_id = ? GROUP BY p.id ORDER BY p.created_at, p.id`, company).Scan(&list).Error
	if err != nil {
		return nil, err
	}
	var stages []StageCount
	err = g.Raw(stagesReached+stagesInOrder+" ORDER BY st.programme_id, st.position, st.id", map[string]any{"company": company}).Scan(&stages).Error
	for i := range list {
		for _, st := range stages {
			if st.ProgrammeID == list[i].ProgrammeID {
				list[i].Stages = append(list[i].Stages, st)
			}
		}
	}
	return list, err
}

// WriteReferralReport writes the report as a file for a spreadsheet: a line for each step of each programme.
func WriteReferralReport(to io.Writer, currency string, list []ReferralFunnel) error {
	if _, err := io.WriteString(to, "\ufeff"); err != nil {
		return err
	}
	w := csv.NewWriter(to)
	w.UseCRLF = true
	lines := [][]string{{"programme", "step", "count", "currency", "revenue", "fees", "median_days"}}
	for _, f := range list {
		name := cell.Neutral(cell.Clean(f.Name))
		line := func(step string, n int, more ...string) {
			lines = append(lines, append([]string{name, step, strconv.Itoa(n)}, append(more, make([]string, 4-len(more))...)...))
		}
		line("introduced", f.Introduced)
		line("agreed", f.Agreed, "", "", "", dayCount(f.Agreeing))
		for _, st := range f.Stages {
			line("stage: "+cell.Clean(st.Name), st.Reached)
		}
		line("won", f.Won, currency, strconv.FormatInt(f.Revenue, 10), strconv.FormatInt(f.Fees, 10), dayCount(f.Winning))
		line("lost", f.Lost)
		line("known", f.Known)
		line("under_way", f.UnderWay)
	}
	return w.WriteAll(lines)
}

func dayCount(n *int) string {
	if n == nil {
		return ""
	}
	return strconv.Itoa(*n)
}
