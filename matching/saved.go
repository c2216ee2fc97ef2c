package matching

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"strings"
	"time"

	"cloud.google.com/go/civil"
	"github.com/google/uuid"
	"github.com/lib/pq"
	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"homecoming/internal/problem"
	"homecoming/market"
)

// SavedKind says what a saved search looks for.
type SavedKind string

// The kinds of saved search.
const (
	ForWork   SavedKind = "work"   // tasks on offer to the person
	ForTalent SavedKind = "talent" // alumni of one company
)

// Rhythm is how soon somebody wants to hear of what newly fits.
type Rhythm string

// The rhythms. Daily and weekly letters leave in the morning: of the company for talent, and for work of the company
// that the person left first.
const (
	Instant Rhythm = "instant"
	Daily   Rhythm = "daily"
	Weekly  Rhythm = "weekly"
)

// A SavedSearch is kept by one person, who hears once of each thing that newly fits it. Empty fields narrow nothing.
type SavedSearch struct {
	ID          uuid.UUID
	PersonID    uuid.UUID
	Kind        SavedKind
	CompanyID   *uuid.UUID // whose alumni; nil for work
	Name        string
	Text        string
	Skills      pq.StringArray `gorm:"type:text[]"` // ids
	Companies   pq.StringArray `gorm:"type:uuid[]"` // whose work
	Departments pq.StringArray `gorm:"type:uuid[]"` // where people were
	BudgetFrom  *int64         // minor units of each task's currency
	DueBy       *civil.Date    `gorm:"type:date"`
	AvailableBy *civil.Date    `gorm:"type:date"`
	MaxRate     *int64         // minor units of the company's currency
	Rhythm      Rhythm
	PausedAt    *time.Time
	Version     int       // raised by every edit
	NextAt      time.Time // when to look again
	StopKey     uuid.UUID // of the link in its letters
	CreatedAt   time.Time
	UpdatedAt   time.Time
}

// TableName is where saved searches are kept.
func (SavedSearch) TableName() string { return "saved_searches" }

// A SearchDraft is a saved search as a person writes it. Skills and departments are ids or names.
type SearchDraft struct {
	Kind        SavedKind
	CompanyID   uuid.UUID // for talent
	Name        string    // made of the rest when empty
	Text        string
	Skills      []string
	Companies   []uuid.UUID
	Departments []string
	BudgetFrom  *int64
	DueBy       *civil.Date
	AvailableBy *civil.Date
	MaxRate     *int64
	Rhythm      Rhythm // daily when empty
}

// ErrTooManySearches is for one more than a person may keep.
var ErrTooManySearches = problem.Define(problem.Conflict, "too_many_searches", "You keep {max} searches already. Delete one first.", "保存できる検索は{max}件までです。先にどれかを削除してください。")

const (
	mostSearches   = 20
	mostSearchName = 100
	mostSearchText = 200
)

// SaveSearch keeps a search. What fits it already is known to its owner, and not told.
func (s *Service) SaveSearch(ctx context.Context, who market.Actor, d SearchDraft) (SavedSearch, error) {
	saved := SavedSearch{ID: uuid.Must(uuid.NewV7()), PersonID: who.PersonID, Kind: d.Kind, Version: 1, StopKey: uuid.New(), CreatedAt: s.now()}
	if err := s.describe(ctx, who, &saved, d); err != nil {
		return SavedSearch{}, err
	}
	known, err := s.fittingIDs(ctx, who, saved, nil)
	if err != nil {
		return SavedSearch{}, err
	}
	return saved, s.db.Tx(ctx, func(tx *gorm.DB) error {
		var n int
		err := tx.Raw("SELECT count(*) FROM saved_searches WHERE person_id = (SELECT id FROM people WHERE id = ? FOR NO KEY UPDATE)", who.PersonID).Scan(&n).Error
		if err != nil {
			return err
		}
		if n >= mostSearches {
			return ErrTooManySearches.With("max", mostSearches)
		}
		if err := tx.Create(&saved).Error; err != nil {
			return err
		}
		return markKnown(tx, saved.ID, known, s.now())
	})
}

// markKnown notes what needs not be told.
func markKnown(tx *gorm.DB, search uuid.UUID, items []uuid.UUID, now time.Time) error {
	return tx.Exec("INSERT INTO saved_told (search_id, item_id, told_at) SELECT ?, item, ? FROM unnest(?::uuid[]) AS item ON CONFLICT DO NOTHING", search, now, uuids(items)).Error
}

// EditSearch replaces what a search looks for and how often it tells. seen is the version that the editor looked at.
func (s *Service) EditSearch(ctx context.Context, who market.Actor, id uuid.UUID, seen int, d SearchDraft) (SavedSearch, error) {
	saved, err := s.SavedSearch(ctx, who, id)
	if err != nil {
		return saved, err
	}
	d.Kind = saved.Kind
	if saved.CompanyID != nil {
		d.CompanyID = *saved.CompanyID
	}
	if err := s.describe(ctx, who, &saved, d); err != nil {
		return saved, err
	}
	known, err := s.fittingIDs(ctx, who, saved, nil)
	if err != nil {
		return saved, err
	}
	err = s.db.Tx(ctx, func(tx *gorm.DB) error {
		old, err := lockSearch(tx, who, id)
		if err != nil {
			return err
		}
		if old.Version != seen {
			return market.ErrStaleVersion.On("version")
		}
		saved.Version, saved.PausedAt = old.Version+1, old.PausedAt
		if err := tx.Save(&saved).Error; err != nil {
			return err
		}
		return markKnown(tx, id, known, s.now())
	})
	return saved, err
}

func lockSearch(tx *gorm.DB, who market.Actor, id uuid.UUID) (saved SavedSearch, err error) {
	err = tx.Clauses(clause.Locking{Strength: "NO KEY UPDATE"}).Where("id = ? AND person_id = ?", id, who.PersonID).Take(&saved).Error
	return saved, foundOne(err)
}

func foundOne(err error) error {
	if errors.Is(err, gorm.ErrRecordNotFound) {
		return market.ErrNotFound
	}
	return err
}

// SavedSearches lists the actor's own, newest first.
func (s *Service) SavedSearches(ctx context.Context, who market.Actor) (list []SavedSearch, err error) {
	return list, s.db.Gorm(ctx).Where("person_id = ?", who.PersonID).Order("id DESC").Find(&list).Error
}

// SavedSearch reads one of the actor's own.
func (s *Service) SavedSearch(ctx context.Context, who market.Actor, id uuid.UUID) (saved SavedSearch, err error) {
	return saved, foundOne(s.db.Gorm(ctx).Where("id = ? AND person_id = ?", id, who.PersonID).Take(&saved).Error)
}

// PauseSearch stops the letters of a search, or lets them go on. What comes while it is paused is told afterwards.
func (s *Service) PauseSearch(ctx context.Context, who market.Actor, id uuid.UUID, pause bool) (saved SavedSearch, err error) {
	err = s.db.Tx(ctx, func(tx *gorm.DB) error {
		if saved, err = lockSearch(tx, who, id); err != nil {
			return err
		}
		if pause == (saved.PausedAt != nil) {
			return nil
		}
		saved.PausedAt = nil
		if now := s.now(); pause {
			saved.PausedAt = &now
		}
		if saved.NextAt, err = s.nextLook(tx, saved); err != nil {
			return err
		}
		return tx.Model(&saved).Select("paused_at", "next_at").Updates(&saved).Error
	})
	return saved, err
}

// DeleteSearch forgets a search and what it told.
func (s *Service) DeleteSearch(ctx context.Context, who market.Actor, id uuid.UUID) error {
	done := s.db.Gorm(ctx).Where("id = ? AND person_id = ?", id, who.PersonID).Delete(&SavedSearch{})
	if done.Error == nil && done.RowsAffected == 0 {
		return market.ErrNotFound
	}
	return done.Error
}

// SearchToStop reads the search that a letter's link is for, without the right to anything but its name.
func (s *Service) SearchToStop(ctx context.Context, key uuid.UUID) (saved SavedSearch, err error) {
	return saved, foundOne(s.db.Gorm(ctx).Select("id", "name", "kind", "paused_at").Where("stop_key = ?", key).Take(&saved).Error)
}

// StopSearch pauses the search of a letter's link, for whoever has the letter. Doing so again changes nothing.
func (s *Service) StopSearch(ctx context.Context, key uuid.UUID) (SavedSearch, error) {
	err := s.db.Gorm(ctx).Exec("UPDATE saved_searches SET paused_at = ? WHERE stop_key = ? AND paused_at IS NULL", s.now(), key).Error
	if err != nil {
		return SavedSearch{}, err
	}
	return s.SearchToStop(ctx, key)
}

// describe checks a draft and writes it into the search.
func (s *Service) describe(ctx context.Context, who market.Actor, saved *SavedSearch, d SearchDraft) error {
	if err := d.check(who); err != nil {
		return err
	}
	skills, departments, err := s.resolved(ctx, d)
	if err != nil {
		return err
	}
	saved.Name, saved.Text, saved.Skills, saved.Departments = d.Name, d.Text, skills, departments
	saved.Companies = pq.StringArray{}
	for _, c := range d.Companies {
		saved.Companies = append(saved.Companies, c.String())
	}
	saved.BudgetFrom, saved.DueBy, saved.AvailableBy, saved.MaxRate, saved.Rhythm = d.BudgetFrom, d.DueBy, d.AvailableBy, d.MaxRate, d.Rhythm
	if d.Kind == ForTalent {
		saved.CompanyID = &d.CompanyID
	}
	saved.UpdatedAt = s.now()
	saved.NextAt, err = s.nextLook(s.db.Gorm(ctx), *saved)
	return err
}

// check finds what is wrong with a draft. Whoever may not look for such things at all may keep no search for them.
func (d *SearchDraft) check(who market.Actor) error {
	switch d.Kind {
	case ForWork:
		if err := who.MayAnywhere(market.BidOnTasks); err != nil {
			return err
		}
	case ForTalent:
		if err := who.May(market.SeePeople, d.CompanyID); err != nil {
			return err
		}
	default:
		return market.ErrNotOneOf.On("kind").With("value", d.Kind).With("allowed", "work, talent")
	}
	d.Name, d.Text = strings.TrimSpace(d.Name), strings.TrimSpace(d.Text)
	if d.Rhythm == "" {
		d.Rhythm = Daily
	}
	if d.Name == "" {
		d.Name = d.called(who)
	}
	switch {
	case len([]rune(d.Name)) > mostSearchName:
		return market.ErrTooLong.On("name").With("max", mostSearchName)
	case len([]rune(d.Text)) > mostSearchText:
		return market.ErrTooLong.On("text").With("max", mostSearchText)
	case d.BudgetFrom != nil && *d.BudgetFrom <= 0:
		return market.ErrAmountNotPositive.On("budget_from")
	case d.MaxRate != nil && *d.MaxRate <= 0:
		return market.ErrAmountNotPositive.On("max_rate")
	case d.Rhythm != Instant && d.Rhythm != Daily && d.Rhythm != Weekly:
		return market.ErrNotOneOf.On("rhythm").With("value", d.Rhythm).With("allowed", "instant, daily, weekly")
	}
	return nil
}

// called is a name for a search without one.
func (d *SearchDraft) called(who market.Actor) string {
	name := strings.Join(append(slices.DeleteFunc([]string{d.Text}, func(s string) bool { return s == "" }), d.Skills...), " · ")
	if name == "" && japanese(who) {
		name = "すべて"
	}
	if name == "" {
		name = "Everything"
	}
	letters := []rune(name)
	return string(letters[:min(len(letters), mostSearchName)])
}

// resolved turns the names of skills and departments into ids. A search makes no new ones.
func (s *Service) resolved(ctx context.Context, d SearchDraft) (skills, departments pq.StringArray, err error) {
	g := s.db.Gorm(ctx)
	skills, departments = pq.StringArray{}, pq.StringArray{}
	for i, name := range d.Skills {
		id, err := FindSkill(g, d.CompanyID, name)
		if err != nil {
			return nil, nil, err
		}
		if id == "" {
			return nil, nil, market.ErrUnknownSkill.On("skills["+strconv.Itoa(i)+"]").With("value", name)
		}
		skills = append(skills, id)
	}
	for i, name := range d.Departments {
		id, err := market.DepartmentKnown(g, d.CompanyID, name)
		if err != nil {
			return nil, nil, err
		}
		if id == uuid.Nil {
			return nil, nil, market.ErrUnknownDepartment.On("departments["+strconv.Itoa(i)+"]").With("value", name)
		}
		departments = append(departments, id.String())
	}
	return skills, departments, nil
}

// CompanyIDs are the companies whose work is looked for; empty for any.
func (saved SavedSearch) CompanyIDs() []uuid.UUID { return parsed(saved.Companies) }

func parsed(texts pq.StringArray) []uuid.UUID {
	var ids []uuid.UUID
	for _, t := range texts {
		if id, err := uuid.Parse(t); err == nil {
			ids = append(ids, id)
		}
	}
	return ids
}

// morning is when daily and weekly letters leave, on the clock of the place.
const morning = 8

// safetyNet is how long an instant search rests at most: most changes wake it at once, and the others it finds then.
const safetyNet = time.Hour

// nextLook is when a search looks again.
func (s *Service) nextLook(g *gorm.DB, saved SavedSearch) (time.Time, error) {
	now := s.now()
	if saved.Rhythm == Instant {
		return now.Add(safetyNet), nil
	}
	c := market.Company{TimeZone: "Asia/Tokyo"}
	err := g.Raw(`SELECT time_zone FROM companies WHERE id = ? UNION ALL (SELECT c.time_zone FROM memberships m JOIN companies c ON c.id = m.company_id
		WHERE m.person_id = ? AND NOT m.outside ORDER BY m.created_at, m.id) LIMIT 1`, saved.CompanyID, saved.PersonID).Scan(&c.TimeZone).Error
	return saved.Rhythm.after(now, c.Zone()).UTC(), err
}

// after is the next morning of the rhythm; for weekly ones a Monday's.
func (r Rhythm) after(now time.Time, zone *time.Location) time.Time {
	here := now.In(zone)
	for day := 0; ; day++ {
		at := time.Date(here.Year(), here.Month(), here.Day()+day, morning, 0, 0, 0, zone)
		if at.After(now) && (r != Weekly || at.Weekday() == time.Monday) {
			return at
		}
	}
}
