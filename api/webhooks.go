package api

import (
	"errors"
	"io"
	"net/http"

	"github.com/gin-gonic/gin"

	"homecoming/billing"
)

// webhook takes the payment provider's events at one of its two endpoints. Its 200 says that the event is stored; what
// it asks for is done by a job. Anything else makes the provider send it again.
func (s *Server) webhook(from billing.Endpoint) gin.HandlerFunc {
	return func(c *gin.Context) {
		payload, err := io.ReadAll(http.MaxBytesReader(c.Writer, c.Request.Body, smallBody))
		var tooLarge *http.MaxBytesError
		switch {
		case errors.As(err, &tooLarge):
			err = ErrTooLarge.With("max", "1 MB")
		case err != nil:
			err = ErrSlowBody.Because(err)
		default:
			err = s.cfg.Billing.ReceiveEvent(c.Request.Context(), from, payload, c.GetHeader("Stripe-Signature"))
		}
		if err != nil {
			s.fail(c, err)
			return
		}
		c.JSON(http.StatusOK, gin.H{"received": true})
	}
}
