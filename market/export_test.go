package market

import (
	"context"
	"time"

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

// IsSnooze reports whether a worker asked for another turn.
var IsSnooze = isSnooze

// RenderLetter writes a letter in a language.
func RenderLetter(kind LetterKind, language, name, company, url string, facts map[string]any) (subject, text string, err error) {
	return renderLetter(kind, language, letterData{name, company, url, facts})
}
