package matching

import (
	"context"
	"slices"

	"cloud.google.com/go/civil"
	"github.com/google/uuid"
	"github.com/lib/pq"
	"gorm.io/gorm"

	"homecoming/internal/problem"
	"homecoming/market"
)

// A Query narrows a ranking; zero fields do not.
type Query struct {
	Limit       int         // how many to list: at most 100; 0 means 20
	AvailableBy *civil.Date // free by this day; who has said nothing counts as free
	MaxRate     *int64      // at most so much an hour, in minor units of the company's currency; who states no rate is left out
	Unseen      bool        // nobody will look at the list: it is not kept, and has no discoveries

	discoverFor uuid.UUID // the saved task, see discovery.go; uuid.Nil for no discoveries
}

// A Ranking is the best list for a task, with the proof that it is.
type Ranking struct {
	ID          uuid.UUID // under which it was kept, see [Service.Shown]; uuid.Nil for a task that is not saved
	Items       []Candidate
	Discoveries []Candidate // at most two, who stand behind the list: see discovery.go
	Certificate Certificate
	Index       string     // which index answered: "meilisearch" or "postgres"
	Degraded    bool       // a faster index is configured but could not be relied on; the list is the same
	AsOf        civil.Date // the company's day that the scores are of
	Formula     int        // the version of the formula
	Constants   Constants  // and what it scores by

	names namesByID // of what the sentences speak of
}

// A Candidate is one member of a Ranking.
type Candidate struct {
	MembershipID uuid.UUID
	Person       Person
	Standing
	inputs Inputs // what it was scored from
}

// A Standing is a score with what explains it, in the reader's language.
type Standing struct {
	Score     Score
	Parts     Parts // they sum to Score
	Reasons   []string
	Breakdown []Reason // one for each part, in the order of Parts
	Skills    []Chip   // one for each skill of the task, in its order
}

// A Person is what a manager sees of a candidate: of the fields that somebody can hide, those that are shown to choosers.
// Filters ask what is true all the same, so that nobody is asked in vain; the page on which somebody hides a field says so.
type Person struct {
	ID            uuid.UUID
	Name          string
	Reading       string        // in kana, empty where there is none
	HourlyRate    *market.Money // nil when not stated
	AvailableFrom *civil.Date   // nil is now

	Outside bool           // does not come from the company
	From    []problem.Word // the partners of the company that somebody from outside left; empty without their consent
}

// Rank lists who fits a task best, and keeps what it shows. It returns ErrNotFound to strangers and ErrForbidden to
// colleagues who do not post tasks.
func (s *Service) Rank(ctx context.Context, who market.Actor, task uuid.UUID, query Query) (Ranking, error) {
	t, c, err := s.task(ctx, everyTask, task)
	if err != nil {
		return Ranking{}, err
	}
	if err := who.May(market.PostTasks, c.ID); err != nil {
		return Ranking{}, err
	}
	q := s.question(t, c)
	if query.Unseen {
		return s.rank(ctx, q, query, who.Language)
	}
	query.discoverFor = t.ID
	r, err := s.rank(ctx, q, query, who.Language)
	if err != nil {
		return r, err
	}
	q.AvailableBy, q.MaxRate = query.AvailableBy, query.MaxRate
	r.ID, err = s.keep(ctx, t.ID, q, r)
	return r, err
}

func everyTask(q *gorm.DB) *gorm.DB { return q }

// RankDraft lists who would fit a task that is being written. Nothing is saved: a skill that is unknown still is
// wanted, and met by nobody; an unknown department is known by nobody.
func (s *Service) RankDraft(ctx context.Context, who market.Actor, d market.TaskDraft, query Query) (Ranking, error) {
	if err := who.May(market.PostTasks, d.CompanyID); err != nil {
		return Ranking{}, err
	}
	c, err := market.CompanyByID(s.db.Gorm(ctx), d.CompanyID)
	if err != nil {
		return Ranking{}, err
	}
	t, err := s.draft(ctx, d)
	if err != nil {
		return Ranking{}, err
	}
	return s.rank(ctx, s.question(t, c), query, who.Language)
}

// rank finds the list and explains it. What is shown is scored from the facts. Where an index turns out to have
// missed a change, the member is noted and the list made again; a change that comes in just now does the same.
func (s *Service) rank(ctx context.Context, q Question, query Query, lang problem.Language) (Ranking, error) {
	q.AvailableBy, q.MaxRate = query.AvailableBy, query.MaxRate
	var f found
	var l explained
	for range attempts {
		var err error
		if f, err = s.find(ctx, q, market.Page(query.Limit)); err != nil {
			return Ranking{}, err
		}
		drawn, err := s.draw(ctx, query.discoverFor, q, f.hits)
		if err != nil {
			return Ranking{}, err
		}
		if l, err = s.explain(ctx, q, f.hits, drawn, lang); err != nil {
			return Ranking{}, err
		}
		if len(l.wrong) == 0 {
			break
		}
		f.certificate.Exact = false
		if err := s.touch(ctx, q.Company, l.wrong); err != nil {
			return Ranking{}, err
		}
	}
	return Ranking{Items: l.listed, Discoveries: l.discovered, Certificate: f.certificate, Index: f.index, Degraded: f.degraded, AsOf: q.AsOf,
		Formula: q.Formula.Version, Constants: q.Formula.Constants(), names: l.names}, nil
}

// touch notes members of a company for the indexes, also those that are gone.
func (s *Service) touch(ctx context.Context, company uuid.UUID, members []uuid.UUID) error {
	return s.db.Gorm(ctx).Exec("INSERT INTO index_pending (company_id, membership_id) SELECT ?, unnest(?::uuid[])", company, pq.Array(members)).Error
}

// explained is what the facts say about the hits of a list, and about those drawn to stand behind it.
type explained struct {
	listed, discovered []Candidate
	wrong              []uuid.UUID // of whom the index said something else
	names              namesByID
}

// explain scores the hits from the facts and gives the reasons, and does the same for up to two of those drawn.
func (s *Service) explain(ctx context.Context, q Question, hits []Hit, drawn []uuid.UUID, lang problem.Language) (l explained, err error) {
	ids := make([]uuid.UUID, len(hits))
	for i, h := range hits {
		ids[i] = h.Membership
	}
	g := s.db.Gorm(ctx)
	facts, err := members(ctx, s.db, slices.Concat(ids, drawn))
	if err != nil {
		return l, err
	}
	at, truly := make(map[uuid.UUID]Inputs, len(facts)), make(map[uuid.UUID]Place, len(facts))
	for _, m := range facts {
		if now, ok := q.Hit(q.Formula.Document(m.Member, q.AsOf)); ok {
			at[m.ID], truly[m.ID] = q.Inputs(m.Member), q.Place(now)
		}
	}
	var right []uuid.UUID
	for _, h := range hits {
		if now, there := truly[h.Membership]; there && now == q.Place(h) {
			right = append(right, h.Membership)
		} else {
			l.wrong = append(l.wrong, h.Membership)
		}
	}
	both := slices.Concat(right, q.discoveries(hits, drawn, at, truly))
	all, names, err := candidates(g, q, both, at, lang)
	if err != nil {
		return l, err
	}
	l.listed, l.discovered, l.names = all[:len(right):len(right)], all[len(right):], names
	return l, nil
}

// candidates shows these members in this order, with the reasons for their inputs.
func candidates(g *gorm.DB, q Question, ids []uuid.UUID, at map[uuid.UUID]Inputs, lang problem.Language) ([]Candidate, namesByID, error) {
	people, err := peopleOf(g, q.Company, q.AsOf, ids)
	if err != nil {
		return nil, nil, err
	}
	ins := make([]Inputs, len(ids))
	for i, id := range ids {
		ins[i] = at[id]
	}
	words, err := wordsFor(g, lang, false, vias(ins...), q)
	if err != nil {
		return nil, nil, err
	}
	words = words.about(q)
	items := make([]Candidate, len(ids))
	for i, id := range ids {
		items[i] = Candidate{id, people[id], words.standing(ins[i]), ins[i]}
	}
	return items, words.names, nil
}

// peopleOf reads what is shown to a company of the people behind these memberships, or from outside under these ids.
func peopleOf(g *gorm.DB, company uuid.UUID, asOf civil.Date, ids []uuid.UUID) (map[uuid.UUID]Person, error) {
	var rows []struct {
		MembershipID uuid.UUID
		Outside      bool
		FromJA       pq.StringArray `gorm:"type:text[];column:from_ja"`
		FromEN       pq.StringArray `gorm:"type:text[];column:from_en"`
		market.Person
	}
	err := g.Raw(`SELECT x.id AS membership_id, x.outside, f.from_ja, f.from_en, p.*
		FROM (SELECT id, person_id, outside FROM memberships WHERE id = ANY(CAST(@ids AS uuid[]))
			UNION ALL SELECT id, id, true FROM people WHERE id = ANY(CAST(@ids AS uuid[]))) x
		JOIN people p ON p.id = x.person_id
		CROSS JOIN LATERAL (SELECT array_agg(h.name ORDER BY h.id) AS from_ja, array_agg(CASE h.name_en WHEN '' THEN h.name ELSE h.name_en END ORDER BY h.id) AS from_en
			FROM companies h JOIN partnerships w ON w.state = 'agreed' AND (w.asker_id = @company AND w.other_id = h.id OR w.other_id = @company AND w.asker_id = h.id)
			WHERE x.outside AND p.shown_to <> 'nobody' AND (SELECT bool_and(coalesce(s.left_on < CAST(@day AS date), false))
				FROM memberships m JOIN stints s ON s.membership_id = m.id WHERE m.person_id = p.id AND m.company_id = h.id)) f`,
		map[string]any{"ids": pq.Array(ids), "company": company, "day": asOf}).Scan(&rows).Error
	people := make(map[uuid.UUID]Person, len(rows))
	for _, r := range rows {
		p := Person{ID: r.ID, Name: r.Name(), Outside: r.Outside}
		if r.Audiences.Shows(market.FieldReading, market.Chooser) {
			p.Reading = r.Reading()
		}
		if r.Audiences.Shows(market.FieldAvailability, market.Chooser) {
			p.AvailableFrom = r.AvailableFrom
		}
		if r.HourlyRate != nil && r.Audiences.Shows(market.FieldRate, market.Chooser) {
			p.HourlyRate = &market.Money{Amount: *r.HourlyRate, Currency: r.RateCurrency}
		}
		for i := range r.FromJA {
			p.From = append(p.From, problem.Word{EN: r.FromEN[i], JA: r.FromJA[i]})
		}
		people[r.MembershipID] = p
	}
	return people, err
}
