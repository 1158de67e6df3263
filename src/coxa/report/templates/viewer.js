"use strict";
(function () {
  var canvas = document.getElementById("view"), section = document.getElementById("interactive");
  var meshes = JSON.parse(document.getElementById("scene").textContent).meshes;
  section.hidden = false;
  var gl = meshes.length && canvas.getContext("webgl", { antialias: true, alpha: true, premultipliedAlpha: false });
  if (!gl) { section.hidden = true; return; }

  function bytes(text) {
    var raw = atob(text), out = new Uint8Array(raw.length);
    for (var n = 0; n < raw.length; n++) out[n] = raw.charCodeAt(n);
    return out.buffer;
  }
  function normals(points, faces) {
    var out = new Float32Array(points.length);
    for (var f = 0; f < faces.length; f += 3) {
      var a = faces[f] * 3, b = faces[f + 1] * 3, c = faces[f + 2] * 3;
      var ux = points[b] - points[a], uy = points[b + 1] - points[a + 1], uz = points[b + 2] - points[a + 2];
      var vx = points[c] - points[a], vy = points[c + 1] - points[a + 1], vz = points[c + 2] - points[a + 2];
      var nx = uy * vz - uz * vy, ny = uz * vx - ux * vz, nz = ux * vy - uy * vx;
      [a, b, c].forEach(function (i) { out[i] += nx; out[i + 1] += ny; out[i + 2] += nz; });
    }
    return out;
  }
  function buffer(kind, data) {
    var b = gl.createBuffer();
    gl.bindBuffer(kind, b); gl.bufferData(kind, data, gl.STATIC_DRAW);
    return b;
  }
  function shader(kind, source) {
    var s = gl.createShader(kind);
    gl.shaderSource(s, source); gl.compileShader(s);
    return s;
  }

  var low = [1e9, 1e9, 1e9], high = [-1e9, -1e9, -1e9];
  meshes.forEach(function (m) {
    var packed = new Uint16Array(bytes(m.positions)), faces = new Uint16Array(bytes(m.indices));
    var points = new Float32Array(packed.length);
    for (var n = 0; n < packed.length; n++) {
      var axis = n % 3;
      points[n] = m.low_mm[axis] + packed[n] * m.step_mm[axis];
      if (m.shown) { low[axis] = Math.min(low[axis], points[n]); high[axis] = Math.max(high[axis], points[n]); }
    }
    m.points = buffer(gl.ARRAY_BUFFER, points);
    m.normals = buffer(gl.ARRAY_BUFFER, normals(points, faces));
    m.faces = buffer(gl.ELEMENT_ARRAY_BUFFER, faces);
    m.count = faces.length;
    m.positions = m.indices = null;
  });
  var middle = low.map(function (x, n) { return (x + high[n]) / 2; });
  var reach = Math.hypot(high[0] - low[0], high[1] - low[1], high[2] - low[2]) / 2;

  var program = gl.createProgram();
  gl.attachShader(program, shader(gl.VERTEX_SHADER,
    "attribute vec3 point, normal; uniform mat3 turn; uniform vec3 middle; uniform vec2 zoom; uniform vec2 shift; uniform float reach;" +
    "varying vec3 n; void main() { vec3 p = turn * (point - middle); n = turn * normal;" +
    "gl_Position = vec4(p.xy * zoom + shift, -p.z / (reach * 4.0), 1.0); }"));
  gl.attachShader(program, shader(gl.FRAGMENT_SHADER,
    "precision mediump float; varying vec3 n; uniform vec3 colour; uniform float opacity; void main() {" +
    "vec3 u = normalize(n); if (u.z < 0.0) u = -u; float l = pow(0.5 + 0.5 * dot(u, normalize(vec3(-0.45, 0.55, 0.70))), 1.4);" +
    "float a = opacity < 1.0 ? opacity * (0.4 + 0.9 * (1.0 - u.z)) : 1.0;" +
    "gl_FragColor = vec4(colour * (0.30 + 0.72 * l + 0.08 * u.z), a); }"));
  gl.linkProgram(program); gl.useProgram(program);
  var at = {};
  ["turn", "middle", "zoom", "shift", "reach", "colour", "opacity"].forEach(function (name) { at[name] = gl.getUniformLocation(program, name); });
  var point = gl.getAttribLocation(program, "point"), normal = gl.getAttribLocation(program, "normal");
  gl.enableVertexAttribArray(point); gl.enableVertexAttribArray(normal);
  gl.enable(gl.DEPTH_TEST); gl.blendFunc(gl.SRC_ALPHA, gl.ONE_MINUS_SRC_ALPHA);

  // Columns for WebGL. At the start: x to the right, z up, the viewer in front (-y).
  var START = [1, 0, 0, 0, 0, -1, 0, 1, 0];
  var turn, scale, shift;
  function times(a, b) {
    var out = [];
    for (var c = 0; c < 3; c++) for (var r = 0; r < 3; r++) out.push(a[r] * b[c * 3] + a[3 + r] * b[c * 3 + 1] + a[6 + r] * b[c * 3 + 2]);
    return out;
  }
  function turned(dx, dy) {
    var cy = Math.cos(dx), sy = Math.sin(dx), cx = Math.cos(dy), sx = Math.sin(dy);
    turn = times(times([1, 0, 0, 0, cx, sx, 0, -sx, cx], [cy, 0, -sy, 0, 1, 0, sy, 0, cy]), turn);
  }
  function begin() { turn = START.slice(); scale = 1; shift = [0, 0]; draw(); }
  var waiting = false;
  function draw() { if (!waiting) { waiting = true; requestAnimationFrame(paint); } }
  function paint() {
    waiting = false;
    var dense = Math.min(window.devicePixelRatio || 1, 2);
    var w = Math.round(canvas.clientWidth * dense), h = Math.round(canvas.clientHeight * dense);
    if (canvas.width !== w || canvas.height !== h) { canvas.width = w; canvas.height = h; }
    gl.viewport(0, 0, w, h);
    gl.clearColor(0, 0, 0, 0); gl.clear(gl.COLOR_BUFFER_BIT | gl.DEPTH_BUFFER_BIT);
    var fit = scale * 1.45 / reach;
    gl.uniformMatrix3fv(at.turn, false, turn);
    gl.uniform3fv(at.middle, middle); gl.uniform1f(at.reach, reach);
    gl.uniform2f(at.zoom, fit * Math.min(1, h / w), fit * Math.min(1, w / h)); gl.uniform2fv(at.shift, shift);
    [false, true].forEach(function (glass) {
      if (glass) { gl.enable(gl.BLEND); gl.depthMask(false); } else { gl.disable(gl.BLEND); gl.depthMask(true); }
      meshes.forEach(function (m) {
        if (!m.shown || (m.opacity < 1) !== glass) return;
        gl.uniform3fv(at.colour, m.colour); gl.uniform1f(at.opacity, m.opacity);
        gl.bindBuffer(gl.ARRAY_BUFFER, m.points); gl.vertexAttribPointer(point, 3, gl.FLOAT, false, 0, 0);
        gl.bindBuffer(gl.ARRAY_BUFFER, m.normals); gl.vertexAttribPointer(normal, 3, gl.FLOAT, false, 0, 0);
        gl.bindBuffer(gl.ELEMENT_ARRAY_BUFFER, m.faces); gl.drawElements(gl.TRIANGLES, m.count, gl.UNSIGNED_SHORT, 0);
      });
      gl.depthMask(true);
    });
  }

  var fingers = {}, apart = 0;
  function spread() {
    var k = Object.keys(fingers);
    return k.length < 2 ? 0 : Math.hypot(fingers[k[0]].x - fingers[k[1]].x, fingers[k[0]].y - fingers[k[1]].y);
  }
  canvas.addEventListener("pointerdown", function (e) { canvas.setPointerCapture(e.pointerId); fingers[e.pointerId] = { x: e.clientX, y: e.clientY }; apart = spread(); });
  canvas.addEventListener("pointermove", function (e) {
    var f = fingers[e.pointerId];
    if (!f) return;
    var dx = e.clientX - f.x, dy = e.clientY - f.y;
    f.x = e.clientX; f.y = e.clientY;
    if (Object.keys(fingers).length > 1) { var now = spread(); if (apart) scale *= now / apart; apart = now; }
    else if (e.shiftKey || e.buttons === 2) { shift[0] += 2 * dx / canvas.clientWidth; shift[1] -= 2 * dy / canvas.clientHeight; }
    else turned(dx * 0.008, dy * 0.008);
    draw();
  });
  ["pointerup", "pointercancel"].forEach(function (name) { canvas.addEventListener(name, function (e) { delete fingers[e.pointerId]; apart = 0; }); });
  canvas.addEventListener("wheel", function (e) { e.preventDefault(); scale *= Math.exp(-e.deltaY * 0.001); draw(); }, { passive: false });
  canvas.addEventListener("contextmenu", function (e) { e.preventDefault(); });
  canvas.addEventListener("dblclick", begin);
  window.addEventListener("resize", draw);

  var switches = document.getElementById("switches");
  meshes.forEach(function (m) {
    var label = document.createElement("label"), box = document.createElement("input"), swatch = document.createElement("i");
    box.type = "checkbox"; box.checked = m.shown;
    box.addEventListener("change", function () { m.shown = box.checked; draw(); });
    swatch.style.background = "rgb(" + m.colour.map(function (c) { return Math.round(c * 255); }).join(",") + ")";
    label.append(box, swatch, m.name); switches.append(label);
  });
  begin();
})();
