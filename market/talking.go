package market

import (
	"context"
	"time"

	"github.com/google/uuid"
	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"homecoming/internal/jobs"
)

func init() {
	fileReaders[fileOfMessage] = func(s *Service, g *gorm.DB, who Actor, message uuid.UUID) error {
		var t Thread
		return one(who.VisibleThreads(g.Where("threads.id = (SELECT thread_id FROM messages WHERE id = ?)", message)).Take(&t))
	}
}

// WriteMessage sends a message. Whoever follows the thread and may still read it hears of it: at once where they look at the
// pages, and by letter. A person and a company that are kept apart write no more about tasks and bids; a contract between them
// goes on, and so does its thread.
func (s *Service) WriteMessage(ctx context.Context, who Actor, d MessageDraft) (Message, error) {
	var m Message
	if err := d.check(); err != nil {
		return m, err
	}
	err := s.db.Tx(ctx, func(tx *gorm.DB) error {
		t, err := s.threadFor(tx, who, d)
		if err != nil {
			return err
		}
		if err := s.mayTalk(tx, who, t); err != nil {
			return err
		}
		if err := s.holdThread(tx, &t); err != nil {
			return err
		}
		m = Message{ID: newID(), CompanyID: t.CompanyID, ThreadID: t.ID, Number: t.Messages + 1, AuthorID: who.PersonID, Side: t.SideOf(who),
			Body: d.Body, SentAt: s.clock.Now(), MailKey: d.mailKey, Author: who.Name}
		if err := tx.Create(&m).Error; err != nil {
			return err
		}
		if err := takeFiles(tx, who, &t.CompanyID, fileOfMessage, m.ID, d.Files); err != nil {
			return err
		}
		if err := tx.Exec("UPDATE threads SET messages = ?, last_at = ? WHERE id = ?", m.Number, m.SentAt, t.ID).Error; err != nil {
			return err
		}
		if err := follow(tx, t, who.PersonID, m.Number, m.SentAt); err != nil {
			return err
		}
		if err := s.tellOf(tx, who, t, m, len(d.Files)); err != nil {
			return err
		}
		return Audit(tx, who, t.CompanyID, "message.send", "thread:"+t.ID.String(), map[string]any{"number": m.Number, "about": t.Subject().String()})
	})
	return m, err
}

// threadFor finds where a message goes.
func (s *Service) threadFor(g *gorm.DB, who Actor, d MessageDraft) (t Thread, err error) {
	if d.Thread != uuid.Nil {
		return threadByID(g, who, d.Thread)
	}
	return s.threadOn(g, who, d.Subject, d.Member)
}

// threadByID reads a thread that is there; ErrNotFound for one that the actor may not read.
func threadByID(g *gorm.DB, who Actor, id uuid.UUID) (t Thread, err error) {
	return t, one(who.VisibleThreads(g.Where("threads.id = ?", id)).Take(&t))
}

// threadOn finds the actor's thread about a subject. Where nobody has written yet it has no ID, and says between whom it would be.
func (s *Service) threadOn(g *gorm.DB, who Actor, about Subject, member uuid.UUID) (Thread, error) {
	t, err := s.sidesOf(g, who, about, member)
	if err != nil {
		return t, err
	}
	var there Thread
	err = g.Where("company_id = ? AND kind = ? AND subject_id = ? AND person_id = ?", t.CompanyID, t.Kind, t.SubjectID, t.PersonID).Limit(1).Find(&there).Error
	if there.ID != uuid.Nil {
		t = there
	}
	return t, err
}

// sidesOf says between whom a thread about a subject is; ErrNotFound for a subject that the actor may not see.
func (s *Service) sidesOf(g *gorm.DB, who Actor, about Subject, member uuid.UUID) (Thread, error) {
	t := Thread{Kind: about.Kind, SubjectID: about.ID}
	switch about.Kind {
	case AboutBid:
		var b Bid
		err := one(who.VisibleBids(g.Where("bids.id = ?", about.ID)).Take(&b))
		t.CompanyID, t.TaskID, t.PersonID = b.CompanyID, b.TaskID, b.PersonID
		return t, err
	case AboutContract:
		var c struct{ CompanyID, TaskID, PersonID uuid.UUID }
		err := one(who.VisibleContracts(g.Table("contracts").Where("contracts.id = ?", about.ID)).Select("company_id, task_id, person_id").Take(&c))
		t.CompanyID, t.TaskID, t.PersonID = c.CompanyID, c.TaskID, c.PersonID
		return t, err
	case AboutReferral: // from the customer's yes on: before, the company knows of nothing to talk about
		var r Referral
		err := one(who.VisibleReferrals(g.Where("referrals.id = ? AND referrals.agreed_at IS NOT NULL", about.ID)).Take(&r))
		t.CompanyID, t.PersonID = r.CompanyID, r.PersonID
		return t, err
	case AboutTask:
		return s.sidesOfTask(g, who, t, member)
	}
	return t, ErrSubject.On("subject")
}

func (s *Service) sidesOfTask(g *gorm.DB, who Actor, t Thread, member uuid.UUID) (Thread, error) {
	var task Task
	if err := one(who.VisibleTasks(g.Where("tasks.id = ?", t.SubjectID), s.clock.Now()).Take(&task)); err != nil {
		return t, err
	}
	t.CompanyID, t.TaskID = task.CompanyID, task.ID
	if !who.can(SeeTasks, task.CompanyID) { // whom the task reaches
		if t.PersonID = who.Self(); t.PersonID == uuid.Nil {
			return t, ErrNotFound
		}
		return t, nil
	}
	if member == uuid.Nil {
		return t, ErrRequired.On("member")
	}
	var people []uuid.UUID
	err := g.Raw(`SELECT m.person_id FROM memberships m WHERE m.id = @member AND m.company_id = @company AND (
			EXISTS (SELECT 1 FROM invitations i WHERE i.task_id = @task AND i.membership_id = m.id)
			OR EXISTS (SELECT 1 FROM bids b WHERE b.task_id = @task AND b.membership_id = m.id)
			OR EXISTS (SELECT 1 FROM threads h WHERE h.company_id = m.company_id AND h.subject_id = @task AND h.person_id = m.person_id))`,
		map[string]any{"member": member, "company": t.CompanyID, "task": t.TaskID}).Scan(&people).Error
	if err == nil && len(people) == 0 {
		err = ErrNobodyAsked.On("member")
	}
	t.PersonID = first(people)
	return t, err
}

// mayTalk refuses who may not write, whose side is kept apart from the other, and who writes too much.
func (s *Service) mayTalk(g *gorm.DB, who Actor, t Thread) error {
	if err := t.MayWrite(who); err != nil {
		return err
	}
	now := s.clock.Now()
	if t.Kind != AboutContract && t.Kind != AboutReferral {
		var apart bool
		err := g.Raw("SELECT EXISTS (SELECT 1 FROM companies c WHERE c.id = @company AND "+barred+")",
			map[string]any{"company": t.CompanyID, "person": t.PersonID, "now": now}).Scan(&apart).Error
		switch {
		case err != nil:
			return err
		case apart && t.SideOf(who) == ByAlumnus:
			return ErrNotOpenToYou
		case apart:
			return s.barredName(g, t.PersonID)
		}
	}
	var lately int
	if err := g.Raw("SELECT count(*) FROM messages WHERE author_id = ? AND sent_at > ?", who.PersonID, now.Add(-time.Hour)).Scan(&lately).Error; err != nil {
		return err
	}
	if lately >= maxAnHour {
		return ErrMessagesTooOften.With("max", maxAnHour)
	}
	return nil
}

func (s *Service) barredName(g *gorm.DB, person uuid.UUID) error {
	p, err := personOrNobody(g.Where("id = ?", person))
	if err != nil {
		return err
	}
	return ErrBarred.With("value", p.Name())
}

// holdThread makes the thread where nobody has written yet, with whoever hears of it, and holds it so that numbers have no gaps.
func (s *Service) holdThread(tx *gorm.DB, t *Thread) error {
	if t.ID == uuid.Nil {
		t.ID, t.CreatedAt, t.LastAt = newID(), s.clock.Now(), s.clock.Now()
		made := tx.Clauses(clause.OnConflict{OnConstraint: "one_thread_a_side", DoNothing: true}).Create(t)
		if made.Error != nil {
			return made.Error
		}
	}
	about := *t
	*t = Thread{}
	err := tx.Clauses(clause.Locking{Strength: "NO KEY UPDATE"}).Where("company_id = ? AND kind = ? AND subject_id = ? AND person_id = ?",
		about.CompanyID, about.Kind, about.SubjectID, about.PersonID).Take(t).Error
	if err != nil || t.Messages > 0 {
		return err
	}
	if err := follow(tx, *t, t.PersonID, 0, time.Time{}); err != nil {
		return err
	}
	return tx.Exec(`INSERT INTO thread_readers (thread_id, person_id, company_id)
		SELECT h.id, coalesce(c.manager_id, k.created_by, r.owner_id), h.company_id FROM threads h LEFT JOIN tasks k ON k.id = h.task_id
			LEFT JOIN contracts c ON h.kind = 'contract' AND c.id = h.subject_id LEFT JOIN referrals r ON h.kind = 'referral' AND r.id = h.subject_id
		WHERE h.id = ? AND coalesce(c.manager_id, k.created_by, r.owner_id) IS NOT NULL ON CONFLICT DO NOTHING`, t.ID).Error
}

// follow has somebody hear of a thread, who has read it so far.
func follow(tx *gorm.DB, t Thread, person uuid.UUID, readTo int, at time.Time) error {
	var read *time.Time
	if readTo > 0 {
		read = &at
	}
	return tx.Exec(`INSERT INTO thread_readers AS r (thread_id, person_id, company_id, read_to, read_at) VALUES (?, ?, ?, ?, ?)
		ON CONFLICT (thread_id, person_id) DO UPDATE SET read_to = greatest(r.read_to, excluded.read_to), read_at = coalesce(excluded.read_at, r.read_at)`,
		t.ID, person, t.CompanyID, readTo, read).Error
}

// tellOf tells everybody who is to hear of a message, now and by letter.
func (s *Service) tellOf(tx *gorm.DB, who Actor, t Thread, m Message, withFiles int) error {
	people, err := s.hearers(tx, who, t)
	if err != nil {
		return err
	}
	var title string
	if err := tx.Raw("SELECT title FROM tasks WHERE id = ? UNION ALL SELECT organisation FROM referrals WHERE id = ?", t.TaskID, t.SubjectID).Scan(&title).Error; err != nil {
		return err
	}
	for _, person := range people {
		if err := stir(tx, person, t.ID); err != nil {
			return err
		}
		err := jobs.Enqueue(tx, Letter{Letter: LetterMessage, PersonID: person, CompanyID: t.CompanyID, Path: "/messages/" + t.ID.String(),
			About: &MessageRef{Thread: t.ID, Number: m.Number},
			Facts: map[string]any{"title": title, "message": fragment(m.Body), "files": withFiles}}.Naming("from", who.PersonID, who.Name))
		if err != nil {
			return err
		}
	}
	return nil
}

// hearers are those who follow the thread and may read it now, but the writer. Where that leaves nobody of the company's to hear
// an alumnus, its administrators follow from now on.
func (s *Service) hearers(tx *gorm.DB, who Actor, t Thread) ([]uuid.UUID, error) {
	var followers []uuid.UUID
	if err := tx.Raw("SELECT person_id FROM thread_readers WHERE thread_id = ? AND person_id <> ? ORDER BY person_id", t.ID, who.PersonID).Scan(&followers).Error; err != nil {
		return nil, err
	}
	heard := t.SideOf(who) == ByCompany
	var people []uuid.UUID
	for _, person := range followers {
		grants, err := s.grants(tx, person)
		if err != nil {
			return nil, err
		}
		reader := Actor{PersonID: person, Grants: grants}
		if t.MayRead(reader) != nil {
			continue
		}
		heard, people = heard || t.SideOf(reader) == ByCompany, append(people, person)
	}
	if heard {
		return people, nil
	}
	administrators, err := administratorsOf(tx, t.CompanyID)
	for _, person := range administrators {
		if err == nil && person != who.PersonID {
			people, err = append(people, person), follow(tx, t, person, 0, time.Time{})
		}
	}
	return people, err
}

// fragment is the beginning of a message, for its letter.
func fragment(body string) string {
	if letters := []rune(body); len(letters) > maxFragment {
		return string(letters[:maxFragment]) + " …"
	}
	return body
}
