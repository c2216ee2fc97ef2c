package matching

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"homecoming/internal/db"
)

// A sample of a company's members, from which the loop foresees what the K-th of a list will score. A wrong guess costs
// a round, and never a list.
//
// Up to about 130,000 members it is everybody, and then the guess is as good as what was read a few minutes ago. Of a
// larger company half of it is drawn from those with the highest p, where most lists are decided.
type sample struct {
	members     []sampled // from the highest p to the lowest
	held        map[string][]holding
	departments []uuid.UUID // which the members name by their place here
	worked      []uint16    // of all members, one after the other
	scratch     sync.Pool   // of *marks
}

// A sampled member is a document without pointers: a large company's sample must not keep the garbage collector busy.
type sampled struct {
	id     uuid.UUID
	weight float32 // how many members it stands for
	p      int32
	left   int32 // days since [Never]
	days   int32
	free   int32 // days since [Never]; 0 is now
	rate   int64 // below zero where none is stated
	worked int32 // where the departments begin in sample.worked
	knows  uint8 // so many of them are known; these come first
	all    uint8 // and so many there are
}

// A holding is a member of the sample with their strength in a skill.
type holding struct {
	who      int32
	strength int8
}

const (
	sampleTop  = 1 << 16 // of those with the highest p, at most
	sampleRest = 1 << 16 // of the others, at most
	sampleFor  = 10 * time.Minute
	smallFor   = 10 * time.Second // a sample of a company that may be growing
	small      = 1000
)

// samples keeps a few companies' samples in memory.
type samples struct {
	mu sync.Mutex
	of map[uuid.UUID]*kept
}

type kept struct {
	sample *sample
	till   time.Time
	read   chan struct{} // closed when the reading that is under way has ended; nil while nobody reads
}

// mostSampled bounds the members that all samples hold together, at about 100 bytes each.
const mostSampled = 1 << 20

// get gives the company's sample. The first one is waited for as long as patience lasts; one that is old is given once
// more and read anew beside.
func (s *samples) get(ctx context.Context, d *db.DB, company uuid.UUID, patience time.Duration) *sample {
	s.mu.Lock()
	k := s.of[company]
	if k == nil {
		if s.of == nil {
			s.of = map[uuid.UUID]*kept{}
		}
		k = &kept{}
		s.of[company] = k
	}
	if k.read == nil && time.Now().After(k.till) {
		k.read = make(chan struct{})
		go s.read(context.WithoutCancel(ctx), d, company, k)
	}
	had, reading := k.sample, k.read
	s.mu.Unlock()
	if had != nil || reading == nil {
		return had
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	select {
	case <-reading:
	case <-ctx.Done():
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return k.sample
}

// read fills k. Where that fails, a ranking tries again soon.
func (s *samples) read(ctx context.Context, d *db.DB, company uuid.UUID, k *kept) {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	fresh, err := readSample(ctx, d, company)
	s.mu.Lock()
	defer s.mu.Unlock()
	close(k.read)
	k.read, k.till = nil, time.Now().Add(smallFor)
	if err != nil {
		return
	}
	if k.sample = fresh; len(fresh.members) >= small {
		k.till = time.Now().Add(sampleFor)
	}
	s.shed(company)
}

// shed lets others go while all together are too large.
func (s *samples) shed(but uuid.UUID) {
	total := 0
	for _, k := range s.of {
		total += k.size()
	}
	for company, k := range s.of {
		if total <= mostSampled {
			return
		}
		if company != but && k.read == nil {
			total -= k.size()
			delete(s.of, company)
		}
	}
}

func (k *kept) size() int {
	if k.sample == nil {
		return 0
	}
	return len(k.sample.members)
}

func readSample(ctx context.Context, d *db.DB, company uuid.UUID) (*sample, error) {
	s := &sample{held: map[string][]holding{}}
	at, err := s.readMembers(ctx, d, company)
	if err != nil {
		return nil, err
	}
	sql, args := "SELECT membership_id, skill_id, strength FROM match_held WHERE company_id = $1", []any{company}
	if s.drawn() {
		sql, args = sql+" AND membership_id = ANY($2)", append(args, keys(at))
	}
	rows, err := d.Pool().Query(ctx, sql, args...)
	if err != nil {
		return nil, err
	}
	var id uuid.UUID
	var skill string
	var strength int16
	_, err = pgx.ForEachRow(rows, []any{&id, &skill, &strength}, func() error {
		if who, there := at[id]; there {
			s.held[skill] = append(s.held[skill], holding{who, int8(strength)})
		}
		return nil
	})
	s.tidy()
	return s, err
}

// drawn reports whether anybody stands for others too.
func (s *sample) drawn() bool {
	return len(s.members) > 0 && s.members[len(s.members)-1].weight > 1
}

// tidy puts holdings in the order of the members.
func (s *sample) tidy() {
	for skill, list := range s.held {
		slices.SortFunc(list, func(a, b holding) int { return int(a.who - b.who) })
		s.held[skill] = slices.Clip(list)
	}
}

// readMembers draws the members by a hash of their ids, and says where each stands.
func (s *sample) readMembers(ctx context.Context, d *db.DB, company uuid.UUID) (at map[uuid.UUID]int32, err error) {
	rows, err := d.Pool().Query(ctx, `WITH ranked AS (
			SELECT m.*, row_number() OVER (ORDER BY p DESC) AS place, everybody, greatest(everybody / 8, $2::bigint) AS top
			FROM match_members m, (SELECT count(*) AS everybody FROM match_members WHERE company_id = $1 AND candidate) n WHERE company_id = $1 AND candidate),
		parted AS (SELECT *, CASE WHEN place <= top THEN $2::float8 / top ELSE $3::float8 / (everybody - top) END AS share FROM ranked)
		SELECT membership_id, p, left_on - CAST('0001-01-01' AS date), days, knows, worked, coalesce(available_from - CAST('0001-01-01' AS date), 0),
			coalesce(hourly_rate, -1), greatest(1 / share, 1)
		FROM parted WHERE share >= 1 OR abs(hashtextextended(membership_id::text, 0) % 1000000) < 1000000 * share ORDER BY p DESC`, company, sampleTop, sampleRest)
	if err != nil {
		return nil, err
	}
	at, named := map[uuid.UUID]int32{}, map[uuid.UUID]uint16{}
	var m sampled
	var p int16
	var knows, worked []uuid.UUID
	var weight float64
	_, err = pgx.ForEachRow(rows, []any{&m.id, &p, &m.left, &m.days, &knows, &worked, &m.free, &m.rate, &weight}, func() error {
		m.p, m.weight = int32(p), float32(weight)
		at[m.id] = int32(len(s.members)) //nolint:gosec // there are fewer
		s.add(m, knows, worked, named)
		return nil
	})
	return at, err
}

// add takes a member in; named says which number each department has.
func (s *sample) add(m sampled, knows, worked []uuid.UUID, named map[uuid.UUID]uint16) {
	const most = 255
	ids := slices.Concat(knows, slices.DeleteFunc(slices.Clone(worked), func(id uuid.UUID) bool { return slices.Contains(knows, id) }))
	ids = ids[:min(len(ids), most)]
	m.worked, m.knows, m.all = int32(len(s.worked)), uint8(min(len(knows), most)), uint8(len(ids)) //nolint:gosec // small
	for _, id := range ids {
		number, there := named[id]
		if !there {
			number = uint16(len(s.departments)) //nolint:gosec // a company has fewer
			named[id], s.departments = number, append(s.departments, id)
		}
		s.worked = append(s.worked, number)
	}
	s.members = append(s.members, m)
}

// document is what filters look at.
func (s *sample) document(m *sampled, q *Question) Document {
	d := Document{Membership: m.id, Company: q.Company, Candidate: true, P: Score(m.p), Days: int(m.days), LeftOn: Never.AddDays(int(m.left))}
	if m.free > 0 {
		day := Never.AddDays(int(m.free))
		d.AvailableFrom = &day
	}
	if m.rate >= 0 {
		d.HourlyRate = &m.rate
	}
	for _, number := range s.worked[m.worked : int(m.worked)+int(m.all)] {
		d.Worked = append(d.Worked, s.departments[number])
	}
	return d
}
