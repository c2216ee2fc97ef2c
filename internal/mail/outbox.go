package mail

import (
	"context"
	"strings"
	"time"

	"github.com/google/uuid"

	"homecoming/internal/db"
)

// An Outbox keeps mails in a table instead of sending them, for developers and tests.
type Outbox struct{ db *db.DB }

// NewOutbox is the outbox in the table of that name.
func NewOutbox(d *db.DB) *Outbox { return &Outbox{d} }

// A Kept is a mail in the outbox.
type Kept struct {
	ID        uuid.UUID
	Recipient string
	Subject   string
	Body      string
	CreatedAt time.Time
}

// TableName is where kept mails are.
func (Kept) TableName() string { return "outbox" }

// Send keeps the mail. The same ID is kept once.
func (o *Outbox) Send(ctx context.Context, m Message) error {
	if err := m.check(); err != nil {
		return err
	}
	ids := make([]string, len(m.TellsOf))
	for i, of := range m.TellsOf {
		ids[i] = of.String()
	}
	id := uuid.NewSHA1(uuid.NameSpaceOID, []byte(m.ID+" "+m.To))
	return o.db.Gorm(ctx).Exec("INSERT INTO outbox (id, recipient, subject, body, tells_of) VALUES (?, ?, ?, ?, ?::uuid[]) ON CONFLICT (id) DO NOTHING", id, m.To, m.Subject, m.Text,
		"{"+strings.Join(ids, ",")+"}").Error
}

// Mails lists the newest kept mails first, at most limit, all recipients' or one's.
func (o *Outbox) Mails(ctx context.Context, recipient string, limit int) ([]Kept, error) {
	q := o.db.Gorm(ctx).Order("created_at DESC, id").Limit(limit)
	if recipient != "" {
		q = q.Where("recipient = ?", recipient)
	}
	var list []Kept
	return list, q.Find(&list).Error
}
