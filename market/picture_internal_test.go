package market

import (
	"bytes"
	"encoding/binary"
	"errors"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"testing"
)

// photograph is a picture with a red corner at the top left of how it is stored, and a camera's note of how it was held and where.
func photograph(t testing.TB, w, h int, held uint16) []byte {
	t.Helper()
	p := image.NewRGBA(image.Rect(0, 0, w, h))
	for y := range h {
		for x := range w {
			p.Set(x, y, color.White)
			if x < w/4 && y < h/4 {
				p.Set(x, y, color.RGBA{R: 255, A: 255})
			}
		}
	}
	var plain bytes.Buffer
	if err := jpeg.Encode(&plain, p, nil); err != nil {
		t.Fatal(err)
	}
	const where = "35.6586N 139.7454E\x00"
	tiff := binary.BigEndian.AppendUint32([]byte("MM\x00\x2a"), 8)
	tiff = binary.BigEndian.AppendUint16(tiff, 2)
	tiff = append(tiff, 0x01, 0x0e, 0, 2, 0, 0, 0, byte(len(where)), 0, 0, 0, 38) // ImageDescription, after the directory
	tiff = append(tiff, 0x01, 0x12, 0, 3, 0, 0, 0, 1, 0, byte(held), 0, 0)        // Orientation
	tiff = append(tiff, 0, 0, 0, 0)
	note := append([]byte("Exif\x00\x00"), append(tiff, where...)...)
	whole := append([]byte{0xff, 0xd8, 0xff, 0xe1}, binary.BigEndian.AppendUint16(nil, uint16(len(note)+2))...)
	return append(append(whole, note...), plain.Bytes()[2:]...)
}

func TestAPictureIsDrawnAnewUprightAndTellsNothingOfWhereItWasTaken(t *testing.T) {
	t.Parallel()
	red := map[uint16]image.Point{1: {0, 0}, 2: {1, 0}, 3: {1, 1}, 4: {0, 1}, 5: {0, 0}, 6: {1, 0}, 7: {1, 1}, 8: {0, 1}}
	for held, corner := range red {
		given := photograph(t, 80, 40, held)
		if !bytes.Contains(given, []byte("35.6586N")) {
			t.Fatal("the camera noted nothing")
		}
		u, err := redrawn(Upload{Name: "IMG_0001.JPEG", Size: int64(len(given)), Body: bytes.NewReader(given)})
		if err != nil {
			t.Fatal(err)
		}
		var kept bytes.Buffer
		if _, err := kept.ReadFrom(u.Body); err != nil || int64(kept.Len()) != u.Size || u.Name != "IMG_0001.jpg" {
			t.Fatalf("%s, %d bytes of %d, %v", u.Name, kept.Len(), u.Size, err)
		}
		if bytes.Contains(kept.Bytes(), []byte("35.6586N")) || bytes.Contains(kept.Bytes(), []byte("Exif")) {
			t.Errorf("held %d: what the camera noted is kept", held)
		}
		p, _, err := image.Decode(&kept)
		if err != nil {
			t.Fatal(err)
		}
		w, h := p.Bounds().Dx(), p.Bounds().Dy()
		if held >= 5 != (w == 40 && h == 80) {
			t.Errorf("held %d: %d × %d", held, w, h)
		}
		if _, g, _, _ := p.At(2+corner.X*(w-5), 2+corner.Y*(h-5)).RGBA(); g > 0x4000 {
			t.Errorf("held %d: the red corner is elsewhere", held)
		}
	}
}

func TestAPictureIsMadeSmallerAndLaidOnWhite(t *testing.T) {
	t.Parallel()
	var clear bytes.Buffer
	if err := png.Encode(&clear, image.NewNRGBA(image.Rect(0, 0, 3*longestSide, 30))); err != nil {
		t.Fatal(err)
	}
	u, err := redrawn(Upload{Name: "wide.png", Size: int64(clear.Len()), Body: &clear})
	if err != nil {
		t.Fatal(err)
	}
	p, err := jpeg.Decode(u.Body)
	if err != nil || p.Bounds().Dx() != longestSide || p.Bounds().Dy() != 10 {
		t.Fatalf("%v, %v", p.Bounds(), err)
	}
	if r, _, _, _ := p.At(5, 5).RGBA(); r < 0xf000 {
		t.Error("what was clear is dark")
	}
}

func TestWhatIsNoPictureIsRefused(t *testing.T) {
	t.Parallel()
	bomb := []byte("\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x01\x00\x00\x00\x01\x00\x00\x08\x02\x00\x00\x00\x00\x00\x00\x00")
	binary.BigEndian.PutUint32(bomb[29:], 0xad1fa2b7) // whatever its check says
	for name, given := range map[string][]byte{"text": []byte("<svg onload=alert(1)>"), "half": photograph(t, 80, 40, 1)[:300], "bomb": bomb} {
		if _, err := redrawn(Upload{Name: name, Size: int64(len(given)), Body: bytes.NewReader(given)}); !errors.Is(err, ErrPicture) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := redrawn(Upload{Name: "nothing"}); !errors.Is(err, ErrFileSize) {
		t.Error(err)
	}
}

// FuzzPicture has whatever is sent refused, or drawn as something that is a JPEG.
func FuzzPicture(f *testing.F) {
	for _, held := range []uint16{1, 6, 9} {
		f.Add(photograph(f, 16, 8, held))
	}
	f.Add([]byte("RIFF\x1a\x00\x00\x00WEBPVP8L\x0d\x00\x00\x00\x2f\x00\x00\x00\x10\x07\x10\x11\x11\x88\x88\xfe\x07\x00"))
	f.Fuzz(func(t *testing.T, given []byte) {
		if about, _, err := image.DecodeConfig(bytes.NewReader(given)); err == nil && about.Width*about.Height > 1<<20 {
			return // as long as it takes, and no news
		}
		u, err := redrawn(Upload{Name: "x", Size: int64(len(given)), Body: bytes.NewReader(given)})
		if err != nil {
			return
		}
		if _, err := jpeg.Decode(u.Body); err != nil {
			t.Error(err)
		}
	})
}
