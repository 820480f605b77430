// What tests and the curious may read: cheap numbers on window.__ganlab.
export const counters = (window.__ganlab ??= {
  frames: 0, // messages from the live socket
  pictures: 0, // pictures drawn
  curves: 0, // times that curves were drawn
  drawing: 0, // ms that the last drawing of the curves took
  latent: 0, // latent pictures drawn
  rtt: [], // ms from a wish on the latent page to its picture on the canvas, the newest 200
  tiles: 0, // pictures that are in sight on the map
  step: 0,
  records: 0, // steps that the curves know of
  state: "",
  opinions: {}, // the step of what each D says on the page, by its name
  shots: 0, // on the film, as far as the page knows
  shot: null, // step of the shot that is on the page instead of what the run shows now
  frame: null, // of the film that plays on the latent page
  courses: 0, // plots of measures that were drawn
  checkup: 0, // number of the newest one that was heard
  runs: 0, // on the page of all runs
  measures: undefined, // of the points that were drawn last, see metrics/plane.py
});

export function noteRoundTrip(ms) {
  counters.rtt.push(ms);
  if (counters.rtt.length > 200) counters.rtt.shift();
}
