package matching

import (
	"cmp"
	"context"
	"slices"

	"cloud.google.com/go/civil"
	"github.com/google/uuid"

	"homecoming/market"
)

// Exposure tells the office who gets a chance: for how many tasks people were shown, how often invited, how often
// awarded, by cohort.
type Exposure struct {
	From, To civil.Date // the company's days, both included
	Tasks    int        // for which lists were shown
	Cohorts  []Cohort
	Withheld bool // some cohorts are left out, because they are too small
}

// A Cohort is alumni who have one thing in common.
type Cohort struct {
	By      string // contracts: how many were awarded here before the period; away: years since leaving, at its end
	Name    string // new, some (1 to 3) or many; under_1, under_3, under_6 or longer
	People  int
	Seen    int // how many of them were shown at all
	Shown   int // tasks that they were shown for, summed over the people
	Invited int
	Awarded int
}

// leastCohort is how many people a cohort has at least, so that no line is about somebody one knows.
const leastCohort = 5

// ExposureOf reports on the alumni of a company for a period of its days; the last 90 where from or to is nil. It counts
// the lists that were kept (see [Service.Shown]) and returns ErrNotFound to strangers and ErrForbidden to those who do not manage
// people.
func (s *Service) ExposureOf(ctx context.Context, who market.Actor, company uuid.UUID, from, to *civil.Date) (Exposure, error) {
	if err := who.May(market.ManagePeople, company); err != nil {
		return Exposure{}, err
	}
	c, err := market.CompanyByID(s.db.Gorm(ctx), company)
	if err != nil {
		return Exposure{}, err
	}
	e := Exposure{To: c.Today(s.clock.Now())}
	if to != nil {
		e.To = *to
	}
	e.From = e.To.AddDays(-89)
	if from != nil {
		e.From = *from
	}
	if e.From.After(e.To) {
		return Exposure{}, market.ErrBetween.On("from").With("min", e.To.AddDays(-364)).With("max", e.To)
	}
	args := map[string]any{"company": company, "from": e.From, "to": e.To, "begin": e.From.In(c.Zone()), "end": e.To.AddDays(1).In(c.Zone())}
	if err := s.db.Gorm(ctx).Raw("SELECT count(DISTINCT task_id) FROM rankings WHERE company_id = @company AND as_of BETWEEN @from AND @to", args).Scan(&e.Tasks).Error; err != nil {
		return e, err
	}
	var all []Cohort
	if err := s.db.Gorm(ctx).Raw(cohorts, args).Scan(&all).Error; err != nil {
		return e, err
	}
	for _, by := range []string{"contracts", "away"} {
		kept := largeEnough(slices.DeleteFunc(slices.Clone(all), func(c Cohort) bool { return c.By != by }))
		e.Cohorts = append(e.Cohorts, kept...)
	}
	e.Withheld = len(e.Cohorts) < len(all)
	return e, nil
}

const cohorts = `WITH alumni AS (
	SELECT m.membership_id, m.left_on,
		(SELECT count(*) FROM bids b WHERE b.membership_id = m.membership_id AND b.state = 'accepted' AND b.updated_at < @begin) AS before,
		(SELECT count(*) FROM bids b WHERE b.membership_id = m.membership_id AND b.state = 'accepted' AND b.updated_at >= @begin AND b.updated_at < @end) AS awarded,
		(SELECT count(*) FROM invitations i WHERE i.membership_id = m.membership_id AND i.created_at >= @begin AND i.created_at < @end) AS invited
	FROM match_members m WHERE m.company_id = @company AND m.candidate AND m.left_on > '0001-01-01'),
seen AS (
	SELECT who, count(DISTINCT task_id) AS tasks FROM rankings, unnest(listed || discovered) AS who
	WHERE company_id = @company AND as_of BETWEEN @from AND @to GROUP BY who),
placed AS (
	SELECT a.*, coalesce(s.tasks, 0) AS shown,
		CASE WHEN before = 0 THEN 'new' WHEN before <= 3 THEN 'some' ELSE 'many' END AS contracts,
		CASE WHEN left_on > CAST(@to AS date) - interval '1 year' THEN 'under_1' WHEN left_on > CAST(@to AS date) - interval '3 years' THEN 'under_3'
			WHEN left_on > CAST(@to AS date) - interval '6 years' THEN 'under_6' ELSE 'longer' END AS away
	FROM alumni a LEFT JOIN seen s ON s.who = a.membership_id)
SELECT CASE WHEN contracts IS NULL THEN 'away' ELSE 'contracts' END AS by, coalesce(contracts, away) AS name, count(*) AS people,
	count(*) FILTER (WHERE shown > 0) AS seen, sum(shown)::bigint AS shown, sum(invited)::bigint AS invited, sum(awarded)::bigint AS awarded
FROM placed GROUP BY GROUPING SETS ((contracts), (away))`

var cohortOrder = []string{"new", "some", "many", "under_1", "under_3", "under_6", "longer"}

// largeEnough leaves out the cohorts of fewer than five. The other way of counting gives the sum of all cohorts, so
// where those left out come to fewer than five together, the next smallest goes with them.
func largeEnough(cohorts []Cohort) []Cohort {
	slices.SortFunc(cohorts, func(a, b Cohort) int { return cmp.Or(cmp.Compare(a.People, b.People), cmp.Compare(a.Name, b.Name)) })
	out := 0
	for len(cohorts) > 0 && (cohorts[0].People < leastCohort || out > 0 && out < leastCohort) {
		out += cohorts[0].People
		cohorts = cohorts[1:]
	}
	slices.SortFunc(cohorts, func(a, b Cohort) int {
		return cmp.Compare(slices.Index(cohortOrder, a.Name), slices.Index(cohortOrder, b.Name))
	})
	return cohorts
}
