package market

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base32"
	"encoding/binary"
	"errors"
	"regexp"
	"strconv"
	"strings"

	"github.com/google/uuid"
	"gorm.io/gorm"

	"homecoming/internal/mail"
	"homecoming/internal/problem"
)

// Answers by mail. The letter of a message comes from an address of its reader's own in its thread: r, the number of the two, and a
// signature by the reader's key. Whoever answers it from the address that they sign in with writes into the thread, as if on its
// page and with the same refusals. An answer that comes twice is written once.

// WithReplies has letters of messages answered by mail at a domain. A [mail.NewLetterbox] takes its mails.
func WithReplies(domain string) Option {
	return func(s *Service) { s.replies = domain }
}

// What a sender's server is told.
var (
	ErrNoReply = problem.Define(problem.NotFound, "no_such_reply", "This address takes no answers. Answer on the page of the conversation.",
		"このアドレスへの返信は受け付けていません。会話のページから返信してください。")
	ErrReplyFrom = problem.Define(problem.Forbidden, "reply_from", "Answer from the address that you sign in with, or on the page of the conversation.",
		"サインイン用のアドレスから返信するか、会話のページから返信してください。")
)

// A replyPlace is one reader of one thread.
type replyPlace struct {
	ReplyNo  int64
	ThreadID uuid.UUID
	PersonID uuid.UUID
	StopKey  uuid.UUID
}

var lowerBase32 = base32.NewEncoding("abcdefghijklmnopqrstuvwxyz234567").WithPadding(base32.NoPadding)

// signature is what nobody but the reader was told.
func (p replyPlace) signature() string {
	m := hmac.New(sha256.New, p.StopKey[:])
	m.Write([]byte("reply"))
	m.Write(binary.BigEndian.AppendUint64(nil, uint64(p.ReplyNo)))
	m.Write(p.ThreadID[:])
	m.Write(p.PersonID[:])
	return lowerBase32.EncodeToString(m.Sum(nil)[:15])
}

// local is the part before the @.
func (p replyPlace) local() string {
	return "r" + strconv.FormatInt(p.ReplyNo, 10) + "-" + p.signature()
}

const replyPlaces = `SELECT r.reply_no, r.thread_id, r.person_id, h.stop_key FROM thread_readers r JOIN notice_settings h ON h.person_id = r.person_id`

// replyTo is the address at which a reader answers in a thread; empty where nobody takes answers.
func (s *Service) replyTo(g *gorm.DB, person, thread uuid.UUID) (string, error) {
	if s.replies == "" {
		return "", nil
	}
	var places []replyPlace
	err := g.Raw(replyPlaces+" WHERE r.thread_id = ? AND r.person_id = ?", thread, person).Scan(&places).Error
	if err != nil || len(places) == 0 {
		return "", err
	}
	return places[0].local() + "@" + s.replies, nil
}

var replyForm = regexp.MustCompile(`^r([0-9]{1,18})-([a-z2-7]{24})$`)

// replyPlaceOf finds whose address it is; ErrNoReply for one that nobody was told.
func replyPlaceOf(g *gorm.DB, local string) (replyPlace, error) {
	form := replyForm.FindStringSubmatch(local)
	if form == nil {
		return replyPlace{}, ErrNoReply
	}
	var places []replyPlace
	if err := g.Raw(replyPlaces+" WHERE r.reply_no = ?", form[1]).Scan(&places).Error; err != nil {
		return replyPlace{}, err
	}
	if len(places) == 0 || subtle.ConstantTimeCompare([]byte(places[0].signature()), []byte(form[2])) != 1 {
		return replyPlace{}, ErrNoReply
	}
	return places[0], nil
}

// Letterbox is who takes answers by mail.
func (s *Service) Letterbox() mail.Recipient { return letterbox{s} }

type letterbox struct{ s *Service }

// Knows reports whether somebody was told the address.
func (l letterbox) Knows(ctx context.Context, local string) (bool, error) {
	_, err := replyPlaceOf(l.s.db.Gorm(ctx), local)
	if errors.Is(err, ErrNoReply) {
		return false, nil
	}
	return err == nil, err
}

// Take writes an answer into its thread.
func (l letterbox) Take(ctx context.Context, local string, m mail.Incoming) error {
	g := l.s.db.Gorm(ctx)
	at, err := replyPlaceOf(g, local)
	if err != nil {
		return err
	}
	var p Person
	if err := one(g.Where("id = ?", at.PersonID).Take(&p)); err != nil {
		return err
	}
	if p.Email == nil || !strings.EqualFold(*p.Email, m.From) {
		return ErrReplyFrom
	}
	key := mailKey(m)
	var there int64
	if err := g.Model(&Message{}).Where("author_id = ? AND mail_key = ?", p.ID, key).Count(&there).Error; err != nil || there > 0 {
		return err
	}
	who, err := l.s.ActorOf(ctx, p.ID)
	if err != nil {
		return err
	}
	d := MessageDraft{Thread: at.ThreadID, Body: replyText(m.Text), mailKey: key}
	if err := l.s.threadOpen(ctx, who, at.ThreadID); err != nil {
		return err // before its files are kept
	}
	for _, f := range m.Files {
		kept, err := l.s.KeepFile(ctx, who, Upload{Name: f.Name, Size: int64(len(f.Body)), Body: bytes.NewReader(f.Body)})
		if err != nil {
			return err
		}
		d.Files = append(d.Files, kept.ID)
	}
	_, err = l.s.WriteMessage(ctx, who, d)
	return err
}

// threadOpen answers whether somebody may write in a thread.
func (s *Service) threadOpen(ctx context.Context, who Actor, thread uuid.UUID) error {
	g := s.db.Gorm(ctx)
	t, err := threadByID(g, who, thread)
	if err != nil {
		return err
	}
	return s.mayTalk(g, who, t)
}

// mailKey is by which a mail that comes again is known.
func mailKey(m mail.Incoming) []byte {
	sum := sha256.Sum256([]byte(m.ID))
	if m.ID == "" {
		sum = sha256.Sum256([]byte(m.Text))
	}
	return sum[:16]
}

// replyMark is the line above which a letter asks for the answer; what it stands in is quoted, whatever the program made of it.
var replyMark = map[string]string{"en": "Please write your answer above this line.", "ja": "この行より上に返信をご記入ください。"}

var (
	quotedBy   = regexp.MustCompile(`(?is)^\s*(on|am|le|el)\s.{5,300}(wrote|schrieb|écrit|escribió)\s*:\s*$`)
	quotedByJA = regexp.MustCompile(`^\s*[0-9]{4}\s*[年/.-]\s*[0-9]{1,2}\s*[月/.-]\s*[0-9]{1,2}.{0,200}<[^<>\s]+@[^<>\s]+>.{0,20}[:：]?\s*$`)
	original   = regexp.MustCompile(`(?i)^\s*[-_]{2,}\s*(original message|original-nachricht|元のメッセージ|転送メッセージ)\s*[-_]{2,}\s*$`)
	headFrom   = regexp.MustCompile(`(?i)^\s*\**(from|差出人|送信元|von)\**\s*[:：]`)
	headRest   = regexp.MustCompile(`(?i)^\s*\**(sent|date|to|送信日時|日時|宛先|gesendet)\**\s*[:：]`)
)

// replyText is what somebody wrote in an answer, without what their program quoted below it, and without a signature that is
// marked as one (RFC 3676, 4.3). An answer that stands between the lines of what it answers is kept as it is.
func replyText(text string) string {
	all := strings.Split(strings.ReplaceAll(text, "\r\n", "\n"), "\n")
	for i := range all {
		if all[i] == "-- " || quoteBegins(all[i:]) {
			all = all[:i]
			break
		}
	}
	for len(all) > 0 { // what is quoted at the end without a word about it
		last := strings.TrimSpace(all[len(all)-1])
		if last != "" && !strings.HasPrefix(last, ">") {
			break
		}
		all = all[:len(all)-1]
	}
	return strings.TrimSpace(strings.Join(all, "\n"))
}

// quoteBegins reports whether the lines begin with what stands above a quotation and nothing else is written further down.
func quoteBegins(lines []string) bool {
	first := lines[0]
	for _, mark := range replyMark {
		if strings.Contains(first, mark) {
			return true
		}
	}
	if original.MatchString(first) {
		return true
	}
	next := lines[1:min(len(lines), 4)]
	if headFrom.MatchString(first) {
		for _, l := range next {
			if headRest.MatchString(l) {
				return true
			}
		}
	}
	for n := range min(len(lines), 3) { // programs break that line where it is long
		said := strings.Join(lines[:n+1], " ")
		if (quotedBy.MatchString(said) || quotedByJA.MatchString(said)) && onlyQuoted(lines[n+1:], strings.Contains(said, "@")) {
			return true
		}
	}
	return false
}

// onlyQuoted reports whether no line is the writer's own: all are marked, or none is and the line above them names an address, as
// programs do that quote without a mark.
func onlyQuoted(lines []string, addressed bool) bool {
	marked, own := 0, 0
	for _, l := range lines {
		switch l = strings.TrimSpace(l); {
		case l == "":
		case strings.HasPrefix(l, ">"):
			marked++
		default:
			own++
		}
	}
	return own == 0 && marked > 0 || marked == 0 && addressed
}
