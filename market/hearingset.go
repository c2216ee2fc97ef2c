package market

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"
	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"homecoming/internal/problem"
)

// What can be wrong with how somebody wants to hear.
var (
	ErrKindOfNews = problem.Define(problem.Invalid, "kind_of_news", "“{value}” is no kind of news. They are {allowed}.", "「{value}」というお知らせの種類はありません。{allowed} から選択してください。")
	ErrNotAWay    = problem.Define(problem.Invalid, "not_a_way", "“{kind}” cannot be heard of as “{value}”. It is one of {allowed}.", "「{kind}」には「{value}」を選択できません。選択できるのは {allowed} です。")
	ErrHour       = problem.Define(problem.Invalid, "not_an_hour", "An hour is a number from 0 to 23.", "時刻は0から23の整数で指定してください。")
	ErrQuietLong  = problem.Define(problem.Invalid, "quiet_hours_long", "Quiet hours last at most {max} hours. To hear nothing by mail, choose that by kind.", "メールを控える時間帯は{max}時間までです。メールを受け取らない場合は、種類ごとに設定してください。")
	ErrWeekday    = problem.Define(problem.Invalid, "not_a_weekday", "A day of the week is a number from 0, Sunday, to 6.", "曜日は0（日曜日）から6の整数で指定してください。")
)

// The locks on how somebody hears: what is decided by it holds until that is written, and one change is made at a time.
const (
	toDecide = "SHARE"
	toChange = "NO KEY UPDATE"
)

// hearing reads and locks how somebody hears, in the caller's transaction; whoever chose nothing yet gets the usual.
func hearing(tx *gorm.DB, person uuid.UUID, now time.Time, lock string) (Hearing, error) {
	var h Hearing
	read := func() error {
		return tx.Clauses(clause.Locking{Strength: lock}).Where("person_id = ?", person).Limit(1).Find(&h).Error
	}
	if err := read(); err != nil || h.PersonID != uuid.Nil {
		return h, err
	}
	usual := hearingOf(person)
	usual.UpdatedAt = now
	if err := tx.Clauses(clause.OnConflict{DoNothing: true}).Create(&usual).Error; err != nil {
		return h, err
	}
	return h, read()
}

// Hearing is how the actor hears of what happens.
func (s *Service) Hearing(ctx context.Context, who Actor) (Hearing, error) {
	if who.Self() == uuid.Nil {
		return Hearing{}, ErrOwnMeans
	}
	h := hearingOf(who.PersonID)
	err := s.db.Gorm(ctx).Where("person_id = ?", who.PersonID).Limit(1).Find(&h).Error
	return h, err
}

// QuietFor is how long somebody's quiet hours last from now on; 0 where they have none, or are not in them.
func (s *Service) QuietFor(ctx context.Context, person uuid.UUID) (time.Duration, error) {
	h, now := hearingOf(person), s.clock.Now()
	err := s.db.Gorm(ctx).Where("person_id = ?", person).Limit(1).Find(&h).Error
	return h.Loud(now).Sub(now), err
}

// mostQuiet is how many hours quiet hours last at most. The rest of a day must outlast the hour that a clock skips in spring: a letter
// would wait for another day.
const mostQuiet = 20

// A HearingEdit changes how somebody hears; what is nil stays.
type HearingEdit struct {
	Zone                                      *string
	QuietFrom, QuietTo, DigestHour, DigestDay *int
	Ways                                      map[NoticeKind]Way // of the kinds that are named
}

// apply changes and checks.
func (e HearingEdit) apply(h *Hearing) error {
	if e.Zone != nil {
		h.Zone = strings.TrimSpace(*e.Zone)
		if loc, err := time.LoadLocation(h.Zone); err != nil || h.Zone == "" || loc.String() == "Local" {
			return ErrZone.On("time_zone").With("value", h.Zone)
		}
	}
	for _, hour := range []struct {
		field    string
		from, to *int
		most     int
		refused  *problem.Error
	}{{"quiet_from", e.QuietFrom, &h.QuietFrom, 23, ErrHour}, {"quiet_to", e.QuietTo, &h.QuietTo, 23, ErrHour},
		{"digest_hour", e.DigestHour, &h.DigestHour, 23, ErrHour}, {"digest_day", e.DigestDay, &h.DigestDay, 6, ErrWeekday}} {
		if hour.from == nil {
			continue
		}
		if *hour.to = *hour.from; *hour.to < 0 || *hour.to > hour.most {
			return hour.refused.On(hour.field)
		}
	}
	if (h.QuietTo-h.QuietFrom+24)%24 > mostQuiet {
		return ErrQuietLong.On("quiet_to").With("max", mostQuiet)
	}
	if h.Ways == nil {
		h.Ways = map[NoticeKind]Way{}
	}
	for kind, way := range e.Ways {
		k, known := KindNamed(kind)
		switch {
		case !known:
			return ErrKindOfNews.On("ways").With("value", string(kind)).With("allowed", strings.Join(newsNames(), ", "))
		case !slices.Contains(k.Ways(), way):
			return ErrNotAWay.On("ways."+string(kind)).With("kind", string(kind)).With("value", string(way)).With("allowed", strings.Join(texts(k.Ways()), ", "))
		}
		h.Ways[kind] = way
	}
	return nil
}

func newsNames() []string {
	names := make([]string, len(KindsOfNews))
	for i, k := range KindsOfNews {
		names[i] = string(k.Kind)
	}
	return names
}

// SetHearing changes how the actor hears. What waits for a digest is decided anew by it.
func (s *Service) SetHearing(ctx context.Context, who Actor, e HearingEdit) (h Hearing, err error) {
	if who.Self() == uuid.Nil {
		return h, ErrOwnMeans
	}
	err = s.db.Tx(ctx, func(tx *gorm.DB) error {
		h, err = s.changeHearing(tx, who.PersonID, e)
		if err != nil {
			return err
		}
		return Audit(tx, who, uuid.Nil, "notifications.set", "person:"+who.PersonID.String(), h)
	})
	return h, err
}

func (s *Service) changeHearing(tx *gorm.DB, person uuid.UUID, e HearingEdit) (Hearing, error) {
	now := s.clock.Now()
	h, err := hearing(tx, person, now, toChange)
	if err == nil {
		err = e.apply(&h)
	}
	if err != nil {
		return h, err
	}
	h.UpdatedAt = now
	if err := tx.Save(&h).Error; err != nil {
		return h, err
	}
	return h, regather(tx, h, now)
}

// regather decides anew about what waits for a digest: one that now goes at once, or goes alone, comes with the next look; and
// what nobody wants a letter about any more waits for none.
func regather(tx *gorm.DB, h Hearing, now time.Time) error {
	for _, k := range KindsOfNews {
		if !k.Chosen() {
			continue
		}
		var due *time.Time
		switch way := h.Way(k); way {
		case Daily, Weekly:
			at := h.nextDigest(way, now)
			due = &at
		case AtOnce:
			due = &now
		case InApp, NotAtAll:
		}
		err := tx.Exec(`UPDATE notices SET digest_at = ?, digest_id = CASE WHEN ?::timestamptz IS NOT NULL THEN digest_id END
			WHERE person_id = ? AND kind = ? AND digest_at IS NOT NULL AND mailed_at IS NULL AND (digest_id IS NULL OR ?::timestamptz IS NULL)`,
			due, due, h.PersonID, k.Kind, due).Error
		if err != nil {
			return err
		}
	}
	return nil
}

// EveryDigest stands for everything that comes in digests, where their letters are stopped.
const EveryDigest NoticeKind = "digest"

// StopToken is what the links carry that stop letters of a kind: whose, of which kind, and a signature by their key. It says
// nothing that its reader does not know, opens nothing else, and holds for as long as they have the letter.
func (h Hearing) StopToken(kind NoticeKind) string {
	return base64.RawURLEncoding.EncodeToString(h.PersonID[:]) + "." + string(kind) + "." + base64.RawURLEncoding.EncodeToString(h.stopSignature(kind))
}

func (h Hearing) stopSignature(kind NoticeKind) []byte {
	m := hmac.New(sha256.New, h.StopKey[:])
	m.Write(h.PersonID[:])
	m.Write([]byte(kind))
	return m.Sum(nil)[:16]
}

// stopped reads a token; ErrNotFound for one that nobody was sent.
func stopped(g *gorm.DB, token string) (h Hearing, kind NoticeKind, err error) {
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		return h, "", ErrNotFound
	}
	person, whose := base64.RawURLEncoding.DecodeString(parts[0])
	signature, signed := base64.RawURLEncoding.DecodeString(parts[2])
	id, isID := uuid.FromBytes(person)
	kind = NoticeKind(parts[1])
	if k, known := KindNamed(kind); whose != nil || signed != nil || isID != nil || kind != EveryDigest && (!known || !k.Chosen()) {
		return h, "", ErrNotFound
	}
	if err := one(g.Where("person_id = ?", id).Take(&h)); err != nil {
		return h, "", err
	}
	if !hmac.Equal(signature, h.stopSignature(kind)) {
		return Hearing{}, "", ErrNotFound
	}
	return h, kind, nil
}

// A Stop is a kind of news whose letters somebody may stop who has one of them, whether or not they are signed in.
type Stop struct {
	Kind NoticeKind // EveryDigest, or a kind
	Way  Way        // how its person hears of it at present; empty for EveryDigest

	Language problem.Language `json:"-"` // of the letters
}

// LettersToStop reads what a letter's link is for, and stops nothing: programs that scan mail follow links.
func (s *Service) LettersToStop(ctx context.Context, token string) (Stop, error) {
	g := s.db.Gorm(ctx)
	h, kind, err := stopped(g, token)
	if err != nil {
		return Stop{}, err
	}
	return h.stop(g, kind)
}

func (h Hearing) stop(g *gorm.DB, kind NoticeKind) (Stop, error) {
	stop := Stop{Kind: kind}
	if k, known := KindNamed(kind); known {
		stop.Way = h.Way(k)
	}
	return stop, g.Raw("SELECT language FROM people WHERE id = ?", h.PersonID).Scan(&stop.Language).Error
}

// StopLetters has the letters of a kind come in another way, for whoever has one of them: in the app alone where way is empty, which
// is what mail programs ask for by themselves (RFC 8058). Doing it twice is doing it once.
func (s *Service) StopLetters(ctx context.Context, token string, way Way) (stop Stop, err error) {
	if way == "" {
		way = InApp
	}
	err = s.db.Tx(ctx, func(tx *gorm.DB) error {
		h, kind, err := stopped(tx, token)
		if err != nil {
			return err
		}
		e := HearingEdit{Ways: map[NoticeKind]Way{kind: way}}
		if kind == EveryDigest {
			e.Ways = h.undigested()
		}
		h, err = s.changeHearing(tx, h.PersonID, e)
		if err != nil {
			return err
		}
		if stop, err = h.stop(tx, kind); err != nil {
			return err
		}
		return Audit(tx, Actor{PersonID: h.PersonID}, uuid.Nil, "notifications.stop", "person:"+h.PersonID.String(), stop)
	})
	return stop, err
}

// undigested are the kinds that come in digests, in the app alone.
func (h Hearing) undigested() map[NoticeKind]Way {
	ways := map[NoticeKind]Way{}
	for _, k := range KindsOfNews {
		if way := h.Way(k); way == Daily || way == Weekly {
			ways[k.Kind] = InApp
		}
	}
	return ways
}
