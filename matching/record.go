package matching

import (
	"context"
	"errors"
	"strings"
	"sync"
	"time"

	"github.com/google/uuid"
	"gorm.io/gorm"
)

// What is noted about an index beside it, so that one that is lost, restored from an older copy or filled by another
// version of this program is noticed before it answers.

var (
	// errUnbuilt says that an index does not hold everybody yet.
	errUnbuilt = errors.New("matching: the index is not built")
	// errOtherFormat says that another version of the program filled it.
	errOtherFormat = errors.New("matching: the index was filled by another version of this program")
	// errForeign says that it is not the one we filled, or an older copy of it.
	errForeign = errors.New("matching: the index is not as it was left: wiped, or restored from an older copy")
)

// A record is the row of an index in match_indexes. The zero record is an index that is not built.
type record struct {
	Built    bool
	Moment   string // the index's own when it last confirmed a change
	Format   string
	Swapping bool // a new copy is being taken into use
}

// recordOf reads it; missing is the zero record.
func recordOf(g *gorm.DB, name string) (r record, err error) {
	err = g.Raw(`SELECT true AS built, moment, format, EXISTS (SELECT 1 FROM match_builds b WHERE b.name = i.name AND swapping) AS swapping
		FROM match_indexes i WHERE name = ?`, name).Scan(&r).Error
	return r, err
}

// usable says why the index may not be asked, as far as the record alone tells.
func (r record) usable(format string) error {
	if !r.Built {
		return errUnbuilt
	}
	if r.Format != "" && r.Format != format {
		return errOtherFormat
	}
	return nil
}

// met says whether an index at this moment is the one on record, no older than its last confirmation.
func (r record) met(moment string) error {
	if r.Moment == "" || r.Swapping {
		return nil
	}
	was, _, _ := strings.Cut(r.Moment, " ")
	is, _, _ := strings.Cut(moment, " ")
	if is != was || moment < r.Moment {
		return errForeign
	}
	return nil
}

// note writes down that an index has confirmed everything up to a moment of its own.
func note(g *gorm.DB, name, moment string) error {
	return g.Exec("UPDATE match_indexes SET moment = ? WHERE name = ?", moment, name).Error
}

// A front is a faster index as one ranking sees it: it answers only while it is the one on record, set up as it must be.
type front struct {
	Index
	checked *checked
	mu      sync.Mutex
	record  *record
}

func (f *front) read(r record) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.record = &r
	f.checked.saw(f.Name(), r)
	return r.usable(f.Format())
}

// Moment is that of the index, once it is known to be one whose answers hold.
func (f *front) Moment(ctx context.Context) (string, error) {
	f.mu.Lock()
	r := f.record // as it was before the index is asked: a later one may be ahead of the answer
	f.mu.Unlock()
	moment, err := f.Index.Moment(ctx)
	if err != nil {
		return "", err
	}
	if r != nil {
		if err := r.met(moment); err != nil {
			return "", err
		}
	}
	return moment, f.checked.at(ctx, f.Index, moment)
}

// Lately is what another ranking has read of the record just now: it is as good as a new reading, because nothing was
// confirmed since when it is still the same after the last round.
func (f *front) Lately() string {
	r, ok := f.checked.lately(f.Name())
	if !ok || r.usable(f.Format()) != nil {
		return ""
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.record = &r
	return r.confirmed()
}

// Confirmed is what the record said with the latest news.
func (f *front) Confirmed() string {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.record == nil {
		return ""
	}
	return f.record.confirmed()
}

// confirmed is the moment of the last change that the index has confirmed, "" where either of two copies may answer.
func (r record) confirmed() string {
	if r.Swapping || r.Moment == "" {
		return ""
	}
	return "confirmed " + r.Moment
}

// checked remembers what was seen of indexes: the last moment at which each passed its check, and what was on record
// last. Whatever changes how an index is set up gives it another moment, so that no list is made from one that cuts or does
// not sort.
type checked struct {
	mu      sync.Mutex
	moments map[string]string
	records map[string]seen
}

// seen is what was on record about an index, and when it was read.
type seen struct {
	record
	at time.Time
}

// freshFor is how long a record that was read spares reading it again before a list is made: not for long, since one that is
// over costs a round.
const freshFor = 500 * time.Millisecond

func (c *checked) saw(name string, r record) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.records == nil {
		c.records = map[string]seen{}
	}
	c.records[name] = seen{r, time.Now()}
}

func (c *checked) lately(name string) (record, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	s, ok := c.records[name]
	return s.record, ok && time.Since(s.at) < freshFor
}

func (c *checked) at(ctx context.Context, ix Index, moment string) error {
	c.mu.Lock()
	known, ok := c.moments[ix.Name()]
	c.mu.Unlock()
	if !ok || known != moment {
		if err := ix.Check(ctx); err != nil {
			return err
		}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.moments == nil {
		c.moments = map[string]string{}
	}
	c.moments[ix.Name()] = moment
	return nil
}

// A build is a rebuild under way, noted so that changes are kept for it.
type build struct {
	id   uuid.UUID
	name string
}

// begin notes the build, in place of one that was killed, and lets go of what was kept for that one.
func (b build) begin(tx *gorm.DB, kept int) error {
	if err := forget(tx, b.name, kept); err != nil {
		return err
	}
	return tx.Exec("INSERT INTO match_builds (name, build) VALUES (?, ?)", b.name, b.id).Error
}

// swap notes that either copy may answer from now on. It returns false where the build is no longer ours.
func (b build) swap(g *gorm.DB) (bool, error) {
	done := g.Exec("UPDATE match_builds SET swapping = true WHERE name = ? AND build = ?", b.name, b.id)
	return done.RowsAffected == 1, done.Error
}

// end notes that the new copy is in use.
func (b build) end(tx *gorm.DB, kept int, moment, format string) error {
	if err := forget(tx, b.name, kept); err != nil {
		return err
	}
	return tx.Exec(`INSERT INTO match_indexes (name, moment, format) VALUES (?, ?, ?)
		ON CONFLICT (name) DO UPDATE SET built_at = now(), moment = excluded.moment, format = excluded.format`, b.name, moment, format).Error
}

// forget ends whatever build of the index is noted, with the changes kept for it.
func forget(tx *gorm.DB, name string, kept int) error {
	if err := tx.Exec("DELETE FROM match_builds WHERE name = ?", name).Error; err != nil {
		return err
	}
	return tx.Exec("DELETE FROM index_pending WHERE stage >= ?", kept).Error
}

// failed notes one more write in a row that an index refused or did not confirm.
func failed(g *gorm.DB, name string, reason error) error {
	return g.Exec(`INSERT INTO match_failures AS f (name, failures, reason) VALUES (?, 1, ?)
		ON CONFLICT (name) DO UPDATE SET failures = f.failures + 1, reason = excluded.reason`, name, reason.Error()).Error
}

// wrote notes that writing works.
func wrote(g *gorm.DB, name string) error {
	return g.Exec("DELETE FROM match_failures WHERE name = ?", name).Error
}
