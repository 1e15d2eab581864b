/* 渐进增强：没有本文件，所有页面仍可用（表单提交、链接跳转）。

   htmx 4.0.1 reads its settings from one line in the head of the shells, before its script (keys checked in its source):
   <meta name="htmx-config" content='{"history":true,"prefix":"","includeIndicatorCSS":false,"noSwap":[204,304,502,504]}'>
   - requests are same-origin, inheritance is explicit and nothing is evaluated unless asked for: these are its defaults;
   - our style sheet has the indicator rule; a 4xx or 5xx answer of ours is swapped in, a gateway's bare 502 or 504 is not. */
(function () {
  "use strict";
  var d = document;
  d.documentElement.classList.add("js");

  // "/" 聚焦搜索；J/K 在收件箱上下移动
  d.addEventListener("keydown", function (e) {
    if (e.target.closest("input,textarea,select,[contenteditable]") || e.ctrlKey || e.metaKey || e.altKey) return;
    if (e.key === "/") { var q = d.querySelector("[role=search] input"); if (q) { e.preventDefault(); q.focus(); } }
    if (e.key === "j" || e.key === "k") {
      var cur = d.querySelector(".tj-mail .is-current"); if (!cur) return;
      var to = e.key === "j" ? cur.nextElementSibling : cur.previousElementSibling;
      if (to) to.querySelector("a").click();
    }
  });

  // 全选 / 批量条计数：[data-check-all="容器"]，[data-count-for="容器"]
  d.addEventListener("change", function (e) {
    var t = e.target, box = t.closest("[data-checks]");
    if (t.matches("[data-check-all]") && box) box.querySelectorAll("tbody input[type=checkbox], li input[type=checkbox]").forEach(function (c) { c.checked = t.checked; mark(c); });
    if (t.type === "checkbox") mark(t);
    if (box) sync(box);
  });
  function mark(c) { var tr = c.closest("tr"); if (tr && !c.hasAttribute("data-check-all")) tr.classList.toggle("is-selected", c.checked); }
  function sync(box) {
    var all = box.querySelectorAll("tbody input[type=checkbox], li input[type=checkbox]"), on = [].filter.call(all, function (c) { return c.checked; }).length;
    var bb = box.querySelector(".tj-batch"); if (bb) bb.hidden = on === 0;
    box.querySelectorAll("[data-check-count]").forEach(function (n) { n.textContent = on; });
    var head = box.querySelector("[data-check-all]"); if (head) { head.checked = on === all.length && on > 0; head.indeterminate = on > 0 && on < all.length; }
  }
  d.querySelectorAll("[data-checks]").forEach(sync);

  // 行内菜单：一份样板 #row-menu。“⋯”由脚本放进每行的末格，点到哪一行才为那一行展开；没有脚本时，姓名就是链接
  function dots(root) {
    root.querySelectorAll("td[data-row-menu]").forEach(function (cell) {
      if (cell.firstElementChild) return;
      var b = d.createElement("button"); b.type = "button"; b.className = "tj-iconbtn tj-dots";
      b.setAttribute("aria-label", cell.parentNode.querySelector("th a").textContent + " 的操作");
      b.setAttribute("aria-haspopup", "true"); cell.append(b);
    });
  }
  dots(d);
  d.addEventListener("click", function (e) {
    var b = e.target.closest("[data-row-menu] > .tj-dots"), t = d.getElementById("row-menu");
    if (!b || !t) return;
    var cell = b.parentNode, id = cell.parentNode.querySelector("th a").pathname.split("/").pop(), may = cell.getAttribute("data-row-menu");
    var box = d.createElement("div"), menu = d.createElement("div");
    box.className = "dropdown"; menu.className = "dropdown-menu dropdown-menu-end";
    menu.append(t.content.cloneNode(true));
    [].forEach.call(menu.querySelectorAll("a"), function (x) {
      var only = x.getAttribute("data-if");
      if (only && may.indexOf(only) < 0) x.remove(); else x.setAttribute("href", x.getAttribute("href").replace("{id}", id));
    });
    b.setAttribute("data-bs-toggle", "dropdown"); b.setAttribute("aria-expanded", "false");
    // 菜单的脚本先听到这一次点击，那时还没有菜单；所以菜单做好后再点一次
    e.preventDefault(); e.stopImmediatePropagation();
    b.replaceWith(box); box.append(b, menu); b.focus(); b.click();
  }, true);

  // 输入确认：[data-confirm-text="全称"] 与 [data-confirm-submit]
  d.addEventListener("input", function (e) {
    var want = e.target.getAttribute && e.target.getAttribute("data-confirm-text"); if (!want) return;
    var btn = e.target.form.querySelector("[data-confirm-submit]"); btn.setAttribute("aria-disabled", e.target.value.trim() === want ? "false" : "true");
  });
  d.addEventListener("click", function (e) { var b = e.target.closest("[aria-disabled=true]"); if (b) { e.preventDefault(); var why = d.getElementById(b.getAttribute("aria-describedby")); if (why) { why.setAttribute("tabindex", "-1"); why.focus(); } } });

  // 组织树的键盘：上下移动，右展开，左收起，Home、End 到头尾；没有脚本时用 Tab 和回车
  d.addEventListener("keydown", function (e) {
    var a = e.target.closest && e.target.closest(".tj-tree .name"); if (!a || e.ctrlKey || e.metaKey || e.altKey) return;
    var all = [].slice.call(a.closest("#tree, body").querySelectorAll(".tj-tree .name")), at = all.indexOf(a), to = null;
    var toggle = a.parentNode.querySelector("[aria-expanded]"), open = toggle && toggle.getAttribute("aria-expanded") === "true";
    if (e.key === "ArrowDown") to = all[at + 1];
    else if (e.key === "ArrowUp") to = all[at - 1];
    else if (e.key === "Home") to = all[0];
    else if (e.key === "End") to = all[all.length - 1];
    else if (e.key === "ArrowRight") { if (toggle && !open) toggle.click(); else to = open ? all[at + 1] : null; }
    else if (e.key === "ArrowLeft") { if (open) toggle.click(); else { var up = a.closest("ul").closest("li"); to = up && up.querySelector(".name"); } }
    else return;
    e.preventDefault(); if (to) to.focus();
  });

  // 拖动排序：拖到哪一行就排到哪一位；没有脚本时用箭头或填数字
  var dragged = null;
  d.addEventListener("dragstart", function (e) { dragged = e.target.closest("[data-sort] > tr"); if (dragged) e.dataTransfer.effectAllowed = "move"; });
  d.addEventListener("dragover", function (e) { if (dragged && e.target.closest("[data-sort] > tr")) e.preventDefault(); });
  d.addEventListener("drop", function (e) {
    var row = e.target.closest("[data-sort] > tr"); if (!dragged || !row || row === dragged) return;
    e.preventDefault();
    var form = dragged.querySelector("form[data-place]"), place = [].indexOf.call(row.parentNode.children, row) + 1;
    form.elements.place.value = place; form.requestSubmit(form.querySelector("button[value=place]"));
  });
  d.addEventListener("dragend", function () { dragged = null; });

  // 显示/隐藏密码（ACC-01）：没有脚本就没有按钮
  d.querySelectorAll("[data-show-password]").forEach(function (b) { b.hidden = false; });
  d.addEventListener("click", function (e) {
    var b = e.target.closest("[data-show-password]"); if (!b) return;
    var f = d.getElementById(b.getAttribute("data-show-password")), on = f.type === "password";
    f.type = on ? "text" : "password"; b.setAttribute("aria-pressed", on); b.querySelector("span").textContent = on ? "隐藏" : "显示";
  });

  // 复制（FLD-101）：没有脚本就没有按钮，文字在旁边可以手工复制
  d.querySelectorAll("[data-copy]").forEach(function (b) { b.hidden = false; });
  d.addEventListener("click", function (e) {
    var b = e.target.closest("[data-copy]"); if (!b) return;
    var f = d.getElementById(b.getAttribute("data-copy")), label = b.querySelector("span");
    f.select();
    var done = function () { label.textContent = "已复制"; };
    if (navigator.clipboard) navigator.clipboard.writeText(f.value).then(done, function () { d.execCommand("copy"); done(); }); else { d.execCommand("copy"); done(); }
  });

  // 通行密钥（SEC-06）：由脚本请浏览器出示或新建，再交表；不支持时表里的文字说明别的办法
  var text = function (b) { return btoa(String.fromCharCode.apply(null, new Uint8Array(b))).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, ""); };
  var bytes = function (t) { return Uint8Array.from(atob(t.replace(/-/g, "+").replace(/_/g, "/")), function (c) { return c.charCodeAt(0); }); };
  if (window.PublicKeyCredential && navigator.credentials) d.querySelectorAll("form[data-passkey]").forEach(function (f) {
    var go = f.querySelector("[data-passkey-go]"); if (!go) return;
    var fault = f.querySelector("[data-passkey-fault]"), is = f.dataset, field = function (name) { return f.elements[(is.prefix || "") + name]; };
    go.hidden = false; f.querySelector("[data-passkey-none]").hidden = true;
    f.addEventListener("submit", function (e) {
      e.preventDefault(); fault.hidden = true; go.disabled = true;
      var keys = is.keys ? is.keys.split(" ").map(function (id) { return { type: "public-key", id: bytes(id) }; }) : [];
      var ask = { challenge: bytes(field("challenge").value) }, made = is.passkey === "create";
      if (made) {
        ask.rp = { id: is.host, name: "团建" }; ask.user = { id: bytes(is.user), name: is.label, displayName: is.label };
        ask.pubKeyCredParams = [{ type: "public-key", alg: -7 }, { type: "public-key", alg: -257 }]; ask.attestation = "none"; ask.excludeCredentials = keys;
        ask.authenticatorSelection = { residentKey: "required", userVerification: "required" };
      } else { ask.rpId = is.host; ask.userVerification = "required"; ask.allowCredentials = keys; }
      (made ? navigator.credentials.create({ publicKey: ask }) : navigator.credentials.get({ publicKey: ask })).then(function (c) {
        var r = c.response; field("client_data").value = text(r.clientDataJSON);
        if (made) field("attestation").value = text(r.attestationObject);
        else {
          field("credential").value = text(c.rawId); field("auth_data").value = text(r.authenticatorData); field("signature").value = text(r.signature);
          if (field("user") && r.userHandle) field("user").value = text(r.userHandle);
        }
        f.submit();
      }).catch(function () { fault.hidden = false; go.disabled = false; });
    });
  });

  // 图/表切换
  d.addEventListener("click", function (e) {
    var b = e.target.closest("[data-toggle-table]"); if (!b) return;
    e.preventDefault(); var f = d.getElementById(b.getAttribute("data-toggle-table")); var on = f.classList.toggle("show-table"); b.setAttribute("aria-pressed", on);
  });

  // htmx 换入后：焦点交给新内容，批量条重新计数
  d.addEventListener("htmx:after:settle", function (e) {
    e.detail.newContent.forEach(function (n) {
      if (n.nodeType !== 1) return;
      var f = n.matches("[data-autofocus]") ? n : n.querySelector("[data-autofocus]"); if (f) f.focus({ preventScroll: true });
      n.querySelectorAll("[data-checks]").forEach(sync); dots(n);
    });
    var box = e.target.closest && e.target.closest("[data-checks]"); if (box) sync(box);
  });
  // 请求期间容器标忙；没有回应时说清楚，不让人以为已经办了
  d.addEventListener("htmx:before:request", function (e) { busy(e.detail.ctx, true); });
  d.addEventListener("htmx:finally:request", function (e) { busy(e.detail.ctx, false); });
  function busy(ctx, on) { var n = ctx.target; if (n && n.setAttribute) { if (on) n.setAttribute("aria-busy", "true"); else n.removeAttribute("aria-busy"); } }
  d.addEventListener("htmx:error", function () { toast("没有收到回应。请检查网络后再试一次，同一张表不会办理两次。"); });
  d.addEventListener("htmx:response:error", function (e) {
    var s = e.detail.ctx.response.status; if (s === 502 || s === 504) toast("系统正在重启或太忙（" + s + "）。请过一会儿再试一次，同一张表不会办理两次。");
  });
  function toast(words) {
    var box = d.getElementById("toasts"); if (!box) return;
    var n = d.createElement("div"); n.className = "tj-note tj-bad"; n.textContent = words; box.replaceChildren(n);
  }
  // 收件箱当前项随点击移动
  d.addEventListener("click", function (e) {
    var a = e.target.closest(".tj-mail a"); if (!a) return;
    d.querySelectorAll(".tj-mail .is-current").forEach(function (li) { li.classList.remove("is-current"); li.querySelector("a").removeAttribute("aria-current"); });
    a.closest("li").classList.add("is-current"); a.setAttribute("aria-current", "true");
  });
})();
