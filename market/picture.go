package market

import (
	"bytes"
	"image"
	"image/color"
	"image/jpeg"
	_ "image/png" // registers the format
	"io"
	"path"
	"strings"

	"github.com/bep/imagemeta"
	"golang.org/x/image/draw"
	_ "golang.org/x/image/webp" // registers the format

	"homecoming/internal/problem"
)

// Measures of pictures.
const (
	longestSide = 2048       // points of a picture as it is kept
	mostPoints  = 60_000_000 // that one may have as it is given: 60 megapixels, as 240 MB in memory
	quality     = 85         // of JPEG
)

// ErrPicture is for what is no picture that we can draw anew.
var ErrPicture = problem.Define(problem.Invalid, "not_a_picture",
	"“{name}” is no JPEG, PNG or WebP picture of at most 60 megapixels. Save it as one and send it again.", "「{name}」は、6000万画素以下のJPEG・PNG・WebP画像ではありません。保存し直して、もう一度送信してください。")

// redrawn is a picture drawn anew as JPEG: upright, no longer than [longestSide], and without what a camera writes into it, such as
// where and when it was taken. What is kept is ours to the last byte, and can be shown to browsers.
func redrawn(u Upload) (Upload, error) {
	if u.Size <= 0 || u.Size > MaxFile {
		return u, ErrFileSize.On("file").With("name", u.Name).With("max", MaxFile>>20)
	}
	given, err := io.ReadAll(io.LimitReader(u.Body, MaxFile+1))
	if err != nil {
		return u, err
	}
	refusal := ErrPicture.On("file").With("name", u.Name)
	about, format, err := image.DecodeConfig(bytes.NewReader(given))
	if err != nil || about.Width <= 0 || about.Height <= 0 || about.Width > mostPoints/about.Height {
		return u, refusal
	}
	whole, _, err := image.Decode(bytes.NewReader(given))
	if err != nil {
		return u, refusal
	}
	var out bytes.Buffer
	if err := jpeg.Encode(&out, upright(fitted(whole), orientation(given, format)), &jpeg.Options{Quality: quality}); err != nil {
		return u, err
	}
	name := strings.TrimSuffix(path.Base(u.Name), path.Ext(u.Name)) + ".jpg"
	return Upload{Name: name, Size: int64(out.Len()), Body: &out}, nil
}

// fitted is a picture on white, no longer than [longestSide].
func fitted(whole image.Image) *image.RGBA {
	b := whole.Bounds()
	w, h := b.Dx(), b.Dy()
	if long := max(w, h); long > longestSide {
		w, h = max(1, w*longestSide/long), max(1, h*longestSide/long)
	}
	fit := image.NewRGBA(image.Rect(0, 0, w, h))
	draw.Draw(fit, fit.Bounds(), image.NewUniform(color.White), image.Point{}, draw.Src)
	draw.CatmullRom.Scale(fit, fit.Bounds(), whole, b, draw.Over, nil)
	return fit
}

// orientation is how a camera was held (Exif 2.32, tag 0x0112): 1 is upright, and so is whatever does not say.
func orientation(given []byte, format string) int {
	formats := map[string]imagemeta.ImageFormat{"jpeg": imagemeta.JPEG, "png": imagemeta.PNG, "webp": imagemeta.WebP}
	held := 1
	_, err := imagemeta.Decode(imagemeta.Options{R: bytes.NewReader(given), ImageFormat: formats[format], Sources: imagemeta.EXIF, Warnf: func(string, ...any) {},
		ShouldHandleTag: func(tag imagemeta.TagInfo) bool { return tag.Tag == "Orientation" },
		HandleTag: func(tag imagemeta.TagInfo) error {
			if n, ok := tag.Value.(uint16); ok && n >= 1 && n <= 8 {
				held = int(n)
			}
			return nil
		}})
	if err != nil { // what cannot be read says nothing
		return 1
	}
	return held
}

// upright turns a picture as it was held: from 5 on its sides are exchanged.
func upright(p *image.RGBA, held int) *image.RGBA {
	if held == 1 {
		return p
	}
	w, h := p.Bounds().Dx(), p.Bounds().Dy()
	turned := image.NewRGBA(image.Rect(0, 0, w, h))
	if held >= 5 {
		turned = image.NewRGBA(image.Rect(0, 0, h, w))
	}
	for y := range h {
		for x := range w {
			tx, ty := x, y
			switch held {
			case 2:
				tx = w - 1 - x
			case 3:
				tx, ty = w-1-x, h-1-y
			case 4:
				ty = h - 1 - y
			case 5:
				tx, ty = y, x
			case 6:
				tx, ty = h-1-y, x
			case 7:
				tx, ty = h-1-y, w-1-x
			case 8:
				tx, ty = y, w-1-x
			}
			turned.SetRGBA(tx, ty, p.RGBAAt(x, y))
		}
	}
	return turned
}
