package market

import (
	"context"
	"maps"
	"slices"
	"time"

	"cloud.google.com/go/civil"
	"github.com/google/uuid"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/rivertype"

	"homecoming/internal/jobs"
	"homecoming/internal/mail"
)

// WorkImport does what the queue would with a run, batch people a transaction, for one turn.
func (s *Service) WorkImport(ctx context.Context, run jobs.Run, dryRun bool, batch int, turn time.Duration) error {
	w := &importWorker{s: s, batch: batch, turn: turn}
	return w.Work(ctx, &river.Job[importJob]{JobRow: &rivertype.JobRow{Attempt: 1, MaxAttempts: 6}, Args: importJob{run.ID, dryRun}})
}

// SendLetter does what the queue would with a letter. id tells the job from others.
func (s *Service) SendLetter(ctx context.Context, m mail.Mailer, baseURL string, l Letter, id int64) error {
	return newPostman(s, m, baseURL).Work(ctx, &river.Job[Letter]{JobRow: &rivertype.JobRow{ID: id}, Args: l})
}

// SendDomainLetter does what the queue would with the letter about a domain.
func (s *Service) SendDomainLetter(ctx context.Context, m mail.Mailer, baseURL string, domain uuid.UUID) error {
	w := &domainPostman{s: s, mailer: m, baseURL: baseURL}
	return w.Work(ctx, &river.Job[DomainLetter]{JobRow: &rivertype.JobRow{ID: 1}, Args: DomainLetter{domain}})
}

// Turn changes a provider's state as far as it may be.
func (p IdentityProvider) Turn(to ProviderState, provedDomains int) (IdentityProvider, error) {
	err := p.turn(to, provedDomains)
	return p, err
}

// IsSnooze reports whether a worker asked for another turn.
var IsSnooze = isSnooze

// RenderLetter writes a letter in a language.
func RenderLetter(kind LetterKind, language, name, company, url string, facts map[string]any) (subject, text string, err error) {
	return renderLetter(kind, language, letterData{Name: name, Company: company, URL: url, Facts: facts})
}

// EveryAction are all actions of the policy.
func EveryAction() []Action { return slices.Sorted(maps.Keys(policy)) }

// AnswerKnock does what the queue would with somebody at a company's door.
func (s *Service) AnswerKnock(ctx context.Context, m mail.Mailer, baseURL string, company uuid.UUID, email string) error {
	w := &knockWorker{post: newPostman(s, m, baseURL)}
	return w.Work(ctx, &river.Job[knockJob]{JobRow: &rivertype.JobRow{ID: 1}, Args: knockJob{CompanyID: company, Email: Address(email), Language: "en"}})
}

// DaysTogether counts the days of a stay on which others were there, as pairs of days.
func DaysTogether(stay [2]civil.Date, others ...[2]civil.Date) int {
	var there []period
	for _, o := range others {
		there = append(there, period{o[0], o[1]})
	}
	return daysTogether(period{stay[0], stay[1]}, there)
}

// SendDigest does what the queue would with a digest.
func (s *Service) SendDigest(ctx context.Context, m mail.Mailer, baseURL string, d Digest) error {
	w := &digestPostman{post: newPostman(s, m, baseURL)}
	return w.Work(ctx, &river.Job[Digest]{JobRow: &rivertype.JobRow{ID: 1}, Args: d})
}

// AskCustomer does what the queue would with the letter to a customer.
func (s *Service) AskCustomer(ctx context.Context, m mail.Mailer, baseURL string, referral uuid.UUID) error {
	w := &introductionPostman{post: newPostman(s, m, baseURL)}
	return w.Work(ctx, &river.Job[IntroductionLetter]{JobRow: &rivertype.JobRow{ID: 1}, Args: IntroductionLetter{referral}})
}

// Hear has a webhook and one of its deliveries take the outcome of a call.
func Hear(w *Webhook, d *Delivery, o Outcome, now time.Time) { d.hears(o, now); w.hears(o, now) }
