package market

import (
	"strings"

	"github.com/riverqueue/river"

	"homecoming/internal/mail"
)

// AddWorkers registers what the market does after its transactions: letters, by m, with links that begin with
// baseURL, calls of webhooks, imports, what the hour asks for, and forgetting.
func AddWorkers(w *river.Workers, s *Service, m mail.Mailer, baseURL string) {
	river.AddWorker(w, newImportWorker(s))
	river.AddWorker(w, &sweepWorker{market: s})
	river.AddWorker(w, &hourlyWorker{market: s})
	river.AddWorker(w, &eventsWorker{market: s})
	river.AddWorker(w, &invitationsWorker{market: s})
	river.AddWorker(w, &postsWorker{market: s})
	river.AddWorker(w, &postLettersWorker{market: s})
	river.AddWorker(w, &deliveryWorker{market: s})
	post := newPostman(s, m, baseURL)
	river.AddWorker(w, post)
	river.AddWorker(w, &digestsWorker{market: s})
	river.AddWorker(w, &digestPostman{post: post})
	river.AddWorker(w, &knockWorker{post: post})
	river.AddWorker(w, &introductionPostman{post: post})
	river.AddWorker(w, &domainPostman{s: s, mailer: m, baseURL: strings.TrimRight(baseURL, "/")})
}
