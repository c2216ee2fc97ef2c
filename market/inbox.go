package market

import (
	"context"
	"slices"
	"time"

	"github.com/google/uuid"
	"gorm.io/gorm"
)

// A Conversation is a thread as one of its readers sees it.
type Conversation struct {
	Thread
	Title   string // of the task, or the customer's name
	Company Company
	Person  string // the alumnus's name
	Latest  Message
	Follows bool // the reader hears of what is written
	ReadTo  int  // how far they have read
	Readers []ThreadReader
}

// Unread is how many messages the reader has not seen; 0 for somebody who only looks in.
func (c Conversation) Unread() int {
	if !c.Follows {
		return 0
	}
	return max(c.Messages-c.ReadTo, 0)
}

// SeenByOthers is how far somebody of the other side has read.
func (c Conversation) SeenByOthers(who Actor) (to int) {
	for _, r := range c.Readers {
		if r.Side != c.SideOf(who) {
			to = max(to, r.ReadTo)
		}
	}
	return to
}

// A ThreadReader is somebody who follows a thread, and how far they have read.
type ThreadReader struct {
	ThreadID uuid.UUID
	PersonID uuid.UUID
	ReadTo   int
	ReadAt   *time.Time
	Name     string `gorm:"-"`
	Side     Side   `gorm:"-"`
}

// TableName is where readers are kept.
func (ThreadReader) TableName() string { return "thread_readers" }

// A ThreadFilter says which threads are wanted.
type ThreadFilter struct {
	Task   uuid.UUID // about this task, its bids or its contract; uuid.Nil is any
	All    bool      // also those that the actor may read and does not follow
	Since  time.Time // with a message from then on; the zero time is any
	Before uuid.UUID // older than this thread; uuid.Nil begins with the latest
	Limit  int
}

// Threads lists the actor's threads, those with the latest message first.
func (s *Service) Threads(ctx context.Context, who Actor, f ThreadFilter) ([]Conversation, error) {
	g := s.db.Gorm(ctx)
	q := who.VisibleThreads(g.Model(&Thread{}))
	if f.Task != uuid.Nil {
		q = q.Where("threads.task_id = ?", f.Task)
	}
	if !f.All {
		q = q.Where("EXISTS (SELECT 1 FROM thread_readers r WHERE r.thread_id = threads.id AND r.person_id = ?)", who.PersonID)
	}
	if !f.Since.IsZero() {
		q = q.Where("threads.last_at >= ?", f.Since)
	}
	if f.Before != uuid.Nil {
		q = q.Where("(threads.last_at, threads.id) < (SELECT o.last_at, o.id FROM threads o WHERE o.id = ?)", f.Before)
	}
	var list []Thread
	if err := q.Order("threads.last_at DESC, threads.id DESC").Limit(Page(f.Limit)).Find(&list).Error; err != nil {
		return nil, err
	}
	return conversations(g, who, list)
}

// Thread reads one thread without its messages.
func (s *Service) Thread(ctx context.Context, who Actor, id uuid.UUID) (Conversation, error) {
	g := s.db.Gorm(ctx)
	t, err := threadByID(g, who, id)
	if err != nil {
		return Conversation{}, err
	}
	return conversation(g, who, t)
}

// ThreadOn reads the actor's thread about a subject; one in which nobody has written yet has no ID. member is whom the company's
// side talks to about a task.
func (s *Service) ThreadOn(ctx context.Context, who Actor, about Subject, member uuid.UUID) (Conversation, error) {
	g := s.db.Gorm(ctx)
	t, err := s.threadOn(g, who, about, member)
	if err != nil {
		return Conversation{}, err
	}
	return conversation(g, who, t)
}

// MayTalk answers whether the actor may write in a thread at present; nil, or why not.
func (s *Service) MayTalk(ctx context.Context, who Actor, t Thread) error {
	return s.mayTalk(s.db.Gorm(ctx), who, t)
}

func conversation(g *gorm.DB, who Actor, t Thread) (Conversation, error) {
	list, err := conversations(g, who, []Thread{t})
	if err != nil {
		return Conversation{}, err
	}
	return list[0], nil
}

// conversations adds to threads what their readers want to know, a few queries for all of them.
func conversations(g *gorm.DB, who Actor, threads []Thread) ([]Conversation, error) {
	var tasks []Task
	var customers []Referral
	var companies []Company
	var readers []ThreadReader
	var latest []Message
	list := make([]Conversation, len(threads))
	people := make([]uuid.UUID, 0, len(threads))
	ids, ofTasks, ofCompanies, subjects := make([]uuid.UUID, len(threads)), make([]uuid.UUID, len(threads)), make([]uuid.UUID, len(threads)), make([]uuid.UUID, len(threads))
	for i, t := range threads {
		ids[i], ofTasks[i], ofCompanies[i], subjects[i] = t.ID, t.TaskID, t.CompanyID, t.SubjectID
		people = append(people, t.PersonID)
	}
	for _, err := range []error{
		g.Select("id, title").Where("id IN ?", orNone(ofTasks)).Find(&tasks).Error,
		g.Select("id, organisation").Where("id IN ?", orNone(subjects)).Find(&customers).Error,
		g.Where("id IN ?", orNone(ofCompanies)).Find(&companies).Error,
		g.Where("thread_id IN ?", orNone(ids)).Order("person_id").Find(&readers).Error,
		g.Where("(thread_id, number) IN (SELECT id, messages FROM threads WHERE id IN ?)", orNone(ids)).Find(&latest).Error,
	} {
		if err != nil {
			return nil, err
		}
	}
	for _, r := range readers {
		people = append(people, r.PersonID)
	}
	names, err := namesOf(g, people)
	if err != nil {
		return nil, err
	}
	for i, t := range threads {
		c := Conversation{Thread: t, Person: names[t.PersonID]}
		c.Title = found(tasks, func(k Task) bool { return k.ID == t.TaskID }).Title
		if t.Kind == AboutReferral {
			c.Title = found(customers, func(r Referral) bool { return r.ID == t.SubjectID }).Organisation
		}
		c.Company = found(companies, func(k Company) bool { return k.ID == t.CompanyID })
		c.Latest = found(latest, func(m Message) bool { return m.ThreadID == t.ID })
		for _, r := range readers {
			if r.ThreadID != t.ID {
				continue
			}
			r.Name, r.Side = names[r.PersonID], t.SideOf(Actor{PersonID: r.PersonID})
			if r.PersonID == who.PersonID {
				c.Follows, c.ReadTo = true, r.ReadTo
			}
			c.Readers = append(c.Readers, r)
		}
		list[i] = c
	}
	return list, nil
}

// found is the first of a list that fits, zero where none does.
func found[T any](list []T, fits func(T) bool) (none T) {
	if i := slices.IndexFunc(list, fits); i >= 0 {
		return list[i]
	}
	return none
}

// namesOf are people's names by their ids.
func namesOf(g *gorm.DB, ids []uuid.UUID) (map[uuid.UUID]string, error) {
	var people []Person
	if err := g.Select("id, family_name, given_name").Where("id IN ?", orNone(ids)).Find(&people).Error; err != nil {
		return nil, err
	}
	names := make(map[uuid.UUID]string, len(people))
	for _, p := range people {
		names[p.ID] = p.Name()
	}
	return names, nil
}

// Messages lists a thread's messages with their files, the newest first: those before a number, or all for 0.
func (s *Service) Messages(ctx context.Context, who Actor, thread uuid.UUID, before, limit int) ([]Message, error) {
	g := s.db.Gorm(ctx)
	if _, err := s.threadFor(g, who, MessageDraft{Thread: thread}); err != nil {
		return nil, err
	}
	q := g.Where("thread_id = ?", thread)
	if before > 0 {
		q = q.Where("number < ?", before)
	}
	var list []Message
	if err := q.Order("number DESC").Limit(Page(limit)).Find(&list).Error; err != nil {
		return nil, err
	}
	return list, dress(g, list)
}

// dress adds names and files to messages.
func dress(g *gorm.DB, list []Message) error {
	ids, authors := make([]uuid.UUID, len(list)), make([]uuid.UUID, len(list))
	for i, m := range list {
		ids[i], authors[i] = m.ID, m.AuthorID
	}
	files, err := filesOf(g, fileOfMessage, ids)
	if err != nil {
		return err
	}
	names, err := namesOf(g, authors)
	for i, m := range list {
		list[i].Files, list[i].Author = files[m.ID], names[m.AuthorID]
	}
	return err
}

// ReadThread notes that the actor has read a thread up to a message. It is nothing for somebody who does not follow it.
func (s *Service) ReadThread(ctx context.Context, who Actor, thread uuid.UUID, to int) error {
	return s.db.Tx(ctx, func(tx *gorm.DB) error {
		t, err := threadByID(tx, who, thread)
		if err != nil {
			return err
		}
		news := tx.Exec("UPDATE notices SET read_at = ? WHERE person_id = ? AND thread_id = ? AND number <= ? AND read_at IS NULL", s.clock.Now(), who.PersonID, t.ID, to)
		if news.Error != nil {
			return news.Error
		}
		done := tx.Exec("UPDATE thread_readers SET read_to = ?, read_at = ? WHERE thread_id = ? AND person_id = ? AND read_to < ?",
			min(to, t.Messages), s.clock.Now(), t.ID, who.PersonID, min(to, t.Messages))
		if done.Error != nil || done.RowsAffected == 0 {
			return done.Error
		}
		return stir(tx, who.PersonID, t.ID)
	})
}

// UnreadMessages counts what was written to the actor in threads that they follow and may read, and they have not seen.
func (s *Service) UnreadMessages(ctx context.Context, who Actor) (n int, err error) {
	return n, who.VisibleThreads(s.db.Gorm(ctx).Table("threads").Joins("JOIN thread_readers r ON r.thread_id = threads.id AND r.person_id = ?", who.PersonID)).
		Where("threads.messages > r.read_to").Select("coalesce(sum(threads.messages - r.read_to), 0)").Scan(&n).Error
}

// unreadStill reports whether the reader of a letter about a message may still read it, and has not.
func (s *Service) unreadStill(ctx context.Context, person uuid.UUID, at MessageRef) (bool, error) {
	g := s.db.Gorm(ctx)
	grants, err := s.grants(g, person)
	if err != nil {
		return false, err
	}
	var n int
	err = Actor{PersonID: person, Grants: grants}.VisibleThreads(g.Table("threads").Joins("LEFT JOIN thread_readers r ON r.thread_id = threads.id AND r.person_id = ?", person)).
		Where("threads.id = ? AND coalesce(r.read_to, 0) < ?", at.Thread, at.Number).Select("count(*)").Scan(&n).Error
	return n > 0, err
}
